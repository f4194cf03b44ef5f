// Opens many sockets and posts messages at an even rate; prints how long they took to reach
// the sockets (p99, milliseconds), and how many arrived.
// Usage: node chat_load.mjs '{"url", "listener": cookie, "senders": [headers…], "path", "sockets", "rate", "seconds"}'
import { Agent, request } from "node:http";
import { io } from "socket.io-client";

const plan = JSON.parse(process.argv[2]);
const agent = new Agent({ keepAlive: true, maxSockets: 8 });
const sent = new Map();
const delays = [];

const heard = ({ html }) => {
  const found = /bench-(\d+)-/.exec(html);
  if (found && sent.has(found[1])) delays.push(performance.now() - sent.get(found[1]));
};
const open = () => new Promise((resolve, reject) => {
  const socket = io(plan.url, { transports: ["websocket"], forceNew: true, reconnection: false, extraHeaders: plan.listener ? { Cookie: plan.listener } : {} });
  socket.on("connect", () => resolve(socket)).on("connect_error", reject).on("fragment", heard);
});
const say = (number) => new Promise((resolve, reject) => {
  const body = new URLSearchParams({ body: `bench-${number}- a line as people write it, with **some** marks`, client_key: `bench-key-${plan.run}-${number}` }).toString();
  const headers = { "Content-Type": "application/x-www-form-urlencoded", "Content-Length": Buffer.byteLength(body), ...plan.senders[number % plan.senders.length] };
  sent.set(String(number), performance.now());
  request(plan.url + plan.path, { method: "POST", agent, headers }, (answer) => {
    answer.resume().on("end", () => (answer.statusCode < 400 ? resolve() : reject(new Error(String(answer.statusCode)))));
  }).on("error", reject).end(body);
});
const rest = (milliseconds) => new Promise((resolve) => { setTimeout(resolve, milliseconds); });

const sockets = [];
for (let start = 0; start < plan.sockets; start += 20) {
  sockets.push(...await Promise.all(Array.from({ length: Math.min(20, plan.sockets - start) }, open)));
}
const count = Math.round(plan.rate * plan.seconds);
const saying = [];
for (let number = 0; number < count; number += 1) {
  saying.push(say(number));
  await rest(1000 / plan.rate);
}
await Promise.all(saying);
const deadline = performance.now() + 10000;
while (delays.length < count * plan.sockets && performance.now() < deadline) await rest(20);
sockets.forEach((socket) => socket.close());
agent.destroy();
delays.sort((one, other) => one - other);
console.log(JSON.stringify({ arrived: delays.length, wanted: count * plan.sockets, p99: delays[Math.floor(delays.length * 0.99) - 1] }));
process.exit(0);
