// Holds one stream for all tabs, and connects again by its own timer: after 1, 2, 4 … seconds.
const ports = [];
const characters = "0123456789abcdefghijklmnopqrstuvwxyz";
const id = Array.from({ length: 32 }, () => characters[Math.floor(Math.random() * 36)]).join("");
let source = null;
let pause = 1000;
let version = null;

const tell = (message) => ports.forEach((port) => port.postMessage(message));

const connect = () => {
  source?.close();
  source = new EventSource(`/api/sse/stream?request_id=${id}`);
  source.onopen = () => {
    pause = 1000;
    tell({ type: "connected" });
  };
  source.onerror = () => {
    tell({ type: "lost" });
    setTimeout(connect, pause);
    pause = Math.min(2 * pause, 60_000);
  };
  source.onmessage = (event) => {
    const message = JSON.parse(event.data);
    if (message.type === "version") version = message;
    tell({ type: "message", message });
  };
};

self.onconnect = (event) => {
  const [port] = event.ports;
  ports.push(port);
  port.start();
  if (source === null) connect();
  else if (source.readyState === EventSource.OPEN) {
    port.postMessage({ type: "connected" });
    if (version) port.postMessage({ type: "message", message: version });
  }
};
