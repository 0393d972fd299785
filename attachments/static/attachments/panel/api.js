// Calls of the API with the session's cookie. Every failure becomes a Failure with one sentence for a person.

export class Failure extends Error {
  constructor(sentence, code = "", status = 0, details = {}) {
    super(sentence);
    this.code = code;
    this.status = status;
    this.details = details;
  }
}

const LOGGED_OUT = "You are no longer logged in. Log in in another tab, then try again.";
const OFFLINE = "The server does not answer; look at the connection and try again.";

export function token() {
  // The cookie first: it follows a new login in another tab, the form does not.
  const cookie = document.cookie.split("; ").find((pair) => pair.startsWith("csrftoken="));
  return cookie?.slice("csrftoken=".length) ?? document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "";
}

function parsed(status, text) {
  let body = null;
  try {
    body = text === "" ? null : JSON.parse(text);
  } catch {
    throw new Failure(`The server gave an answer that cannot be read (${status}).`, "", status);
  }
  if (status >= 200 && status < 300) return body;
  if (status === 401) throw new Failure(LOGGED_OUT, "login_required", status);
  const details = body?.details ?? {};
  throw new Failure(body?.error ?? `The server refused this (${status}).`, details.code, status, details);
}

export async function call(method, path, body, { keepalive = false } = {}) {
  const headers = { Accept: "application/json" };
  if (method !== "GET") headers["X-CSRFToken"] = token();
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let response;
  try {
    response = await fetch(path, {
      method,
      headers,
      keepalive,
      credentials: "same-origin",
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch {
    throw new Failure(OFFLINE);
  }
  return parsed(response.status, await response.text());
}

// What the panel shows, as the server renders it.
export async function fetchContents(path) {
  const response = await fetch(path, { credentials: "same-origin" });
  if (!response.ok || response.redirected) throw new Failure("The list cannot be shown anew.", "", response.status);
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  // Something on the way may answer with a page of its own.
  if (page.querySelector("[data-part=list]") === null) throw new Failure("The list cannot be shown anew.");
  return page;
}

// XMLHttpRequest, because fetch does not tell how far an upload is. Returns a promise and a way to stop.
export function send(method, path, fields, onProgress) {
  const request = new XMLHttpRequest();
  const answer = new Promise((resolve, reject) => {
    request.upload.addEventListener("progress", (event) => onProgress(event.loaded / (event.total || 1)));
    request.addEventListener("load", () => {
      try {
        resolve(parsed(request.status, request.responseText));
      } catch (failure) {
        reject(failure);
      }
    });
    request.addEventListener("error", () => reject(new Failure(OFFLINE)));
    request.addEventListener("abort", () => reject(new Failure("Cancelled.", "cancelled")));
    request.open(method, path);
    request.setRequestHeader("Accept", "application/json");
    request.setRequestHeader("X-CSRFToken", token());
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    request.send(form);
  });
  return { answer, stop: () => request.abort() };
}
