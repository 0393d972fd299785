// Elements of the panel, found by what they are for.

export function part(element, name) {
  return element.querySelector(`[data-part="${name}"]`);
}

export function action(element, name) {
  return element.querySelector(`[data-action="${name}"]`);
}

// Of a tile, that is its picture.
export function firstStop(element) {
  return element?.querySelector(":is(a[href], button:enabled):not([hidden])") ?? null;
}

export function fromTemplate(root, name) {
  return root.querySelector(`template[data-template="${name}"]`).content.firstElementChild.cloneNode(true);
}

export function showText(element, text) {
  element.textContent = text;
  element.hidden = text === "";
}

// Why something failed, and where to log in if that is all that is missing.
export function showFailure(element, failure) {
  showText(part(element, "error"), failure?.message ?? "");
  part(element, "login").hidden = failure?.status !== 401;
}

// The script does what these fields would do: they are not sent with the page.
export function release(element) {
  for (const field of element.querySelectorAll("[name]")) field.removeAttribute("name");
}

// One listener for all buttons of an element: calls handlers[data-action]. A link in another tab is the browser's.
export function onActions(element, handlers) {
  element.addEventListener("click", (event) => {
    const button = event.target.closest("[data-action]");
    if (button === null || !element.contains(button)) return;
    if (button.href && (event.ctrlKey || event.metaKey || event.shiftKey)) return;
    handlers[button.dataset.action]?.(event, button);
  });
}

export function humanSize(bytes) {
  if (bytes < 1000) return `${bytes} bytes`;
  if (bytes < 1_000_000) return `${(bytes / 1000).toFixed(1)} kB`;
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}
