// A title that becomes a text field: Enter saves, Escape leaves it as it was.
import { call } from "./api.js";
import { part } from "./dom.js";

export function rename(tile) {
  const button = part(tile.element, "title");
  if (button.tagName === "INPUT") return;
  const input = document.createElement("input");
  input.type = "text";
  input.className = "tile-title vTextField";
  input.dataset.part = "title";
  input.maxLength = 255;
  input.value = tile.data.title;
  input.setAttribute("aria-label", `Title of ${tile.data.title}`);
  button.replaceWith(input);
  input.select();
  input.focus();
  let isDone = false;

  async function finish(save) {
    if (isDone) return;
    isDone = true;
    const title = input.value.trim();
    const isChanged = save && title !== "" && title !== tile.data.title;
    const saved = !isChanged || (await tile.attempt(() => store(tile, title)));
    if (!saved && tile.element.isConnected) {
      isDone = false; // What was typed stays.
      return;
    }
    const hadFocus = document.activeElement === input;
    input.replaceWith(button);
    button.textContent = tile.data.title;
    if (hadFocus) button.focus();
  }

  input.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== "Escape") return;
    event.preventDefault(); // Enter would send the page's form.
    event.stopPropagation();
    finish(event.key === "Enter");
  });
  input.addEventListener("blur", () => finish(true));
}

async function store(tile, title) {
  tile.update(await call("PATCH", tile.path(), { title }));
  tile.panel.say(`Renamed to “${tile.data.title}”.`);
}
