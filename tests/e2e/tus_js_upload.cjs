// Uploads one file with tus-js-client, as a program would: node tus_js_upload.cjs FILE ENDPOINT MILESTONE HEADERS-JSON CHUNK
// Prints the upload's address. Resumes across interruptions by the client's own retries.
const fs = require("node:fs");
const path = require("node:path");
const tus = require(path.join(process.env.NODE_MODULES, "tus-js-client"));

const [file, endpoint, milestone, headers, chunk] = process.argv.slice(2);
const upload = new tus.Upload(fs.createReadStream(file), {
  endpoint,
  headers: JSON.parse(headers),
  chunkSize: Number(chunk),
  uploadSize: fs.statSync(file).size,
  retryDelays: Array(240).fill(250),
  metadata: { milestone, filename: path.basename(file), filetype: "application/x-anything" },
  onShouldRetry: () => true,
  onError: (error) => { console.error(String(error)); process.exit(1); },
  onSuccess: () => { console.log(upload.url); },
});
upload.start();
