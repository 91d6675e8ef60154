// SPDX-License-Identifier: Apache-2.0
// The same small service for Node: what it does for a request is in the path. It blocks its loop: that is what is to be found.
const http = require('http'), fs = require('fs'), { execFileSync } = require('child_process'), crypto = require('crypto');
const number = (name) => parseFloat(fs.readFileSync(process.env[name], 'ascii'));
http.createServer((request, response) => {
  if (request.url === '/peer') {  // Not blocked: the answer is written when the peer's has come.
    http.get(`http://127.0.0.1:${process.env.PEER}/`, (answer) => { answer.resume(); answer.on('end', () => response.end('ok\n')); });
    return;
  }
  if (request.url === '/sleep') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000 * number('SLEEP'));
  if (request.url === '/child') execFileSync('/bin/sleep', [String(number('SLEEP'))]);
  if (request.url === '/compute') crypto.pbkdf2Sync('a', 'b', 300000, 32, 'sha256');
  response.end('ok\n');
}).listen(parseInt(process.env.PORT), '127.0.0.1');
