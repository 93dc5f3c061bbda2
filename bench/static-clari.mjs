// The least an export needs from Clari: every job is done at once, and its results are the file named on the command
// line. The simulator makes each entry on demand, which takes longer than reading it, so it would be measured instead
// of the connector.
import { createReadStream } from 'node:fs';
import { createServer } from 'node:http';

const [file] = process.argv.slice(2);
const JOB = { jobId: 'job-1', status: 'DONE', endTime: Date.parse('2026-11-23T12:00:00Z') };
const ANSWERS = {
  'GET /v4/admin/limits': {
    jobs: {
      concurrentLimit: 3,
      monthlyQuota: 1000,
      availableConcurrentLimit: 3,
      availableMonthlyQuota: 1000,
      submittedJobIds: [],
    },
  },
  'GET /v4/export/jobs': [],
  'POST /v4/export/forecast/bench': { jobId: JOB.jobId },
  'GET /v4/export/jobs/job-1': { job: JOB },
};

const server = createServer((request, response) => {
  const call = `${request.method} ${request.url}`;
  response.setHeader('content-type', 'application/json');
  if (call === 'GET /v4/export/jobs/job-1/results') {
    process.send({ downloadAt: Date.now() });
    createReadStream(file, { highWaterMark: 256 * 1024 }).pipe(response);
    return;
  }
  if (ANSWERS[call] === undefined) response.statusCode = 404;
  response.end(JSON.stringify(ANSWERS[call] ?? { message: 'no Route matched with those values' }));
});
server.listen(0, '127.0.0.1', () => process.send({ url: `http://127.0.0.1:${server.address().port}/v4` }));
process.once('disconnect', () => process.exit());
