// Elements of the panel, found by what they are for.

export function part(element, name) {
  return element.querySelector(`[data-part="${name}"]`);
}

export function action(element, name) {
  return element.querySelector(`[data-action="${name}"]`);
}

// Of a tile, that is its picture.
export function firstButton(element) {
  return element?.querySelector("button:enabled:not([hidden])") ?? null;
}

export function fromTemplate(root, name) {
  return root.querySelector(`template[data-template="${name}"]`).content.firstElementChild.cloneNode(true);
}

export function showText(element, text) {
  element.textContent = text;
  element.hidden = text === "";
}

// Why something failed, and where to log in if that is all that is missing.
export function showFailure(element, failure, text = failure?.message ?? "") {
  showText(part(element, "error"), text);
  part(element, "login").hidden = failure?.status !== 401;
}

// One listener for all buttons of an element: calls handlers[data-action].
export function onActions(element, handlers) {
  element.addEventListener("click", (event) => {
    const button = event.target.closest("[data-action]");
    if (button !== null && element.contains(button)) {
      handlers[button.dataset.action]?.(event, button);
    }
  });
}

export function humanSize(bytes) {
  if (bytes < 1000) return `${bytes} bytes`;
  if (bytes < 1_000_000) return `${(bytes / 1000).toFixed(1)} kB`;
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}
