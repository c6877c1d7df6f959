// A service that turns slow, fails, dies and comes back as its parent says, in a process of its own.
//
// Orders come as messages, each is answered: `mode` changes what a request gets, `held` says how many are without an
// answer, `count` how many came in since it was last asked.

import { createServer } from 'node:http';

let mode = 'well';
let requests = 0;
const held = new Set();

const server = createServer((request, response) => {
  requests += 1;
  const answer = (status) => {
    response.writeHead(status, { 'content-type': 'application/json', 'retry-after': '30' });
    response.end(JSON.stringify({ path: request.url }));
  };
  if (mode === 'well') answer(200);
  if (mode === 'failing') answer(503);
  if (mode === 'slow') {
    held.add(response);
    response.on('close', () => held.delete(response));
  }
});

const listen = (port) => new Promise((done) => server.listen(port, '127.0.0.1', () => done(server.address().port)));
const port = await listen(0);

const orders = {
  async mode(next) {
    if (next === 'dead') {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    } else if (!server.listening) {
      await listen(port);
    }
    mode = next;
  },
  async held() {
    return held.size;
  },
  async count() {
    const seen = requests;
    requests = 0;
    return seen;
  },
};

process.on('message', async ({ order, value }) => {
  process.send({ done: order, answer: await orders[order](value) });
});
process.on('disconnect', () => process.exit());
process.send({ port });
