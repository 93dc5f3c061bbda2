// package.json has the version. Everything else that names one must agree, and a release must be as CONTRIBUTING.md
// says.
const { existsSync, readdirSync, readFileSync } = require('node:fs');
const { join } = require('node:path');
const { parse } = require('yaml');

/** What doesn't agree in the repository at `root`; with a tag, also what the tagged commit lacks for a release. */
exports.releaseProblems = function releaseProblems(root, tag) {
  const read = (path) => readFileSync(join(root, path), 'utf8');
  const problems = [];
  const equal = (what, actual, expected) => {
    if (actual !== expected) problems.push(`${what} is ${actual ?? 'missing'}, not ${expected}`);
  };

  const { version, license } = JSON.parse(read('package.json'));
  const { data: metadata } = parse(read('metadata.yaml'));
  const dockerfile = read('Dockerfile');
  const label = (name) => new RegExp(`\\b${name.replaceAll('.', '\\.')}="([^"]*)"`).exec(dockerfile)?.[1];

  if (!/^\d+\.\d+\.\d+$/.test(version))
    problems.push(`the version of package.json is ${version}, not of the form 1.2.3`);
  const lock = JSON.parse(read('package-lock.json'));
  equal('the version of package-lock.json', lock.version, version);
  equal('the version of the root in package-lock.json', lock.packages[''].version, version);
  equal('dockerImageTag of metadata.yaml', metadata.dockerImageTag, version);
  equal('license of metadata.yaml', metadata.license, license);
  equal('the label io.airbyte.version', label('io.airbyte.version'), version);
  equal('the label org.opencontainers.image.version', label('org.opencontainers.image.version'), version);
  equal('the label org.opencontainers.image.licenses', label('org.opencontainers.image.licenses'), license);
  equal('the label io.airbyte.name', label('io.airbyte.name'), metadata.dockerRepository);
  equal(
    'connector_image of acceptance-test-config.yml',
    parse(read('acceptance-test-config.yml')).connector_image,
    `${metadata.dockerRepository}:dev`,
  );
  equal(
    'documentationUrl of the specification',
    JSON.parse(read('resources/spec.json')).documentationUrl,
    metadata.documentationUrl,
  );
  // The platform may use either to start a connector.
  const entrypoint = /^ENV AIRBYTE_ENTRYPOINT="(.+)"$/m.exec(dockerfile)?.[1];
  equal("the image's ENTRYPOINT", /^ENTRYPOINT \["(.+)"\]$/m.exec(dockerfile)?.[1], entrypoint);

  // Wherever a page names the image or the package with a version.
  for (const page of [
    'README.md',
    ...readdirSync(join(root, 'docs'))
      .filter((name) => name.endsWith('.md'))
      .map((name) => `docs/${name}`),
  ]) {
    for (const [named, found] of read(page).matchAll(/source-clari[:@](\d+\.\d+\.\d+)/g)) {
      if (found !== version) problems.push(`${page} names ${named}, not version ${version}`);
    }
  }
  const headings = [...read('CHANGELOG.md').matchAll(/^## \[?(\d+\.\d+\.\d+)\]?(.*)$/gm)];
  equal('the newest version of CHANGELOG.md', headings[0]?.[1], version);

  if (tag !== undefined) {
    equal('the tag', tag, `v${version}`);
    const dated = /\d{4}-\d{2}-\d{2}/.exec(headings[0]?.[2] ?? '')?.[0];
    equal('releaseDate of metadata.yaml', metadata.releaseDate, dated ?? 'the date in CHANGELOG.md');
    if (!existsSync(join(root, 'released', version, 'catalog.json')))
      problems.push(`released/${version} is missing: npm run compatibility -- --write`);
  }

  return problems;
};
