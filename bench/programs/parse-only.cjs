// (b) What nothing that holds the document as objects can be faster than.
JSON.parse(require('node:fs').readFileSync(process.argv[2], 'utf8'));
