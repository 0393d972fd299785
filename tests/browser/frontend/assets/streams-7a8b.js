// The two ways in which the frontend holds its stream.
const parsed = (data) => {
  try {
    return JSON.parse(data);
  } catch {
    return {};
  }
};

// One for each tab; only the browser itself connects again.
export const directStream = (listener) => {
  const id = Math.random().toString(36).slice(2) + Math.random().toString(36).slice(2);
  const source = new EventSource(`/api/sse/stream?request_id=${id}`);
  source.onopen = listener.opened;
  source.onerror = listener.lost;
  source.onmessage = (event) => listener.message(parsed(event.data));
};

// One for all tabs of the browser.
export const sharedStream = (listener) => {
  const worker = new SharedWorker("/assets/worker-3c4d.js", { name: "stream" });
  worker.port.onmessage = ({ data }) => {
    if (data.type === "connected") listener.opened();
    else if (data.type === "lost") listener.lost();
    else listener.message(data.message);
  };
  worker.port.start();
};
