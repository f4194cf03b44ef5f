// A plain Socket.IO server: what is posted to it is sent to everybody, and kept nowhere.
import { createServer } from "node:http";
import { Server } from "socket.io";

const http = createServer((request, answer) => {
  let body = "";
  request.on("data", (piece) => { body += piece; });
  request.on("end", () => {
    if (request.method === "POST") io.emit("fragment", { html: new URLSearchParams(body).get("body") });
    answer.writeHead(204).end();
  });
});
const io = new Server(http, { transports: ["websocket"] });
http.listen(Number(process.argv[2]), "127.0.0.1", () => console.log("ready"));
