// (b) The lower bound for any program that holds the document as objects.
JSON.parse(require('node:fs').readFileSync(process.argv[2], 'utf8'));
