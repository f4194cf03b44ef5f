// Many open pages, by the official JavaScript client. Usage: node crowd.cjs URL COOKIE SOCKETS
// Reads lines from standard input: "drop" closes every connection under the clients, "end" prints what was heard and ends.
// Prints "ready" when all are connected (again).
const { io } = require("socket.io-client");

const [url, cookie, count] = process.argv.slice(2);
const heard = Array.from({ length: Number(count) }, () => []);
const delays = [];
const sockets = [];
const whenAllThere = async () => {
  while (!sockets.every((socket) => socket.connected)) await new Promise((resolve) => { setTimeout(resolve, 50); });
  console.log("ready");
};

for (let number = 0; number < Number(count); number += 1) {
  const socket = io(url, { transports: ["websocket"], forceNew: true, extraHeaders: { Cookie: cookie }, reconnectionDelay: 200, reconnectionDelayMax: 2000 });
  socket.on("fragment", ({ seq, swap, html }) => {
    if (swap !== "beforeend") return;
    heard[number].push(seq);
    const sent = /sent-(\d+)-/.exec(html);
    if (sent) delays.push(Date.now() - Number(sent[1]));
  });
  sockets.push(socket);
}

require("node:readline").createInterface({ input: process.stdin }).on("line", (line) => {
  if (line === "drop") { sockets.forEach((socket) => socket.io.engine?.close()); setTimeout(whenAllThere, 300); }
  if (line === "end") {
    delays.sort((one, other) => one - other);
    const said = { heard: heard.map((each) => each.length), twice: heard.filter((each) => new Set(each).size !== each.length).length,
      orderly: heard.filter((each) => each.every((seq, at) => at === 0 || seq > each[at - 1])).length, p99: delays[Math.floor(delays.length * 0.99) - 1] ?? null };
    require("node:fs").writeSync(1, `${JSON.stringify(said)}\n`);
    process.exit(0);
  }
});
whenAllThere();
