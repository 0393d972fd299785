// What happens when a page opens: who am I, then the stream, and only then the page itself.
import { call, everything, pages } from "./steps-5e6f.js";
import { directStream, sharedStream } from "./streams-7a8b.js";

const root = document.getElementById("root");
let version = null;

const element = (name, text, attributes = {}) => {
  const made = Object.assign(document.createElement(name), attributes);
  made.textContent = text;
  return made;
};

const step = (text) => document.getElementById("steps")?.append(element("li", text));

// Asks for what the page of this address asks for, and shows how it went.
const show = async () => {
  const path = location.pathname;
  root.replaceChildren(element("h1", path), element("ol", "", { id: "steps" }));
  root.append(element("a", "Log out", { href: "/api/auth/logout" }));
  for (const image of ["cover", "first-page", "larger"]) root.append(element("img", "", { id: image, alt: image }));
  // The frontend's widgets write styles into the page.
  document.head.append(element("style", "h1 { color: rgb(1, 2, 3); }"));
  try {
    if (path === "/steps") await everything(step);
    else for (const [method, route, body] of pages(path)) step(`${method} ${route}: ${(await call(method, route, body)).length ?? "one"}`);
    step("done");
  } catch (error) {
    step(`failed: ${error.message}`);
  }
};

const listener = {
  opened: show,
  // Everything under the gate goes, with dialogs and half-filled forms.
  lost: () => {
    root.replaceChildren();
    version = null;
  },
  message: ({ type, payload }) => {
    if (type !== "version") return;
    if (version !== null && version !== payload.version && !document.getElementById("banner")) root.prepend(element("p", `A new version: ${payload.version}`, { id: "banner" }));
    version ??= payload.version;
    document.body.dataset.version = version;
  },
};

const open = async () => {
  const answer = await fetch("/api/auth/self");
  if (answer.status === 401) {
    location.assign(`/api/auth/login?redirect=${encodeURIComponent(location.pathname + location.search)}`);
  } else if (answer.status === 403) {
    root.replaceChildren(element("h1", "No access"), element("a", "Log out", { href: "/api/auth/logout" }));
  } else if (answer.ok) {
    const self = await answer.json();
    if (!Array.isArray(self.roles) || typeof self.subject !== "string") throw new Error("Nobody is there.");
    if (location.search.includes("direct")) directStream(listener);
    else sharedStream(listener);
  } else {
    root.replaceChildren(element("h1", `Error ${answer.status}`));
  }
};

open();
