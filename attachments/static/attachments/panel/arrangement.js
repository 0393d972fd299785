// The order of the tiles, within their section: dragged, or moved by buttons. And what they are for.
import { call } from "./api.js";

const TYPE = "application/x-attachment";

// Into the place of the tile beside it.
export function step(tile, side) {
  const other = tile.element[side];
  return other === null ? null : move(tile, Number(other.dataset.position));
}

async function move(tile, position) {
  if (position === tile.position) return;
  const { list } = tile.panel;
  const isMoved = await tile.attempt(() => call("PATCH", tile.path(), { position }));
  if (isMoved) tile.panel.say(`“${tile.title}” is number ${list.tiles.get(tile.id).position + 1} of ${list.tiles.size} now.`);
}

export async function chooseKind(tile) {
  const { selectedIndex, options, value } = tile.kind;
  const isChanged = await tile.attempt(() => call("PATCH", tile.path(), { kind: value }));
  if (!isChanged) {
    tile.kind.value = [...options].find((option) => option.defaultSelected).value;
    return;
  }
  tile.panel.list.reveal(tile.panel.list.tiles.get(tile.id));
  tile.panel.say(`“${tile.title}” is of the kind ${options[selectedIndex].textContent.trim()} now.`);
}

// Whether it is a tile of this page that is dragged, and no file.
export function isTile(event) {
  return event.dataTransfer?.types.includes(TYPE) ?? false;
}

export function watchDrag({ element, panel }) {
  const find = (target) => panel.list.tiles.get(Number(target.closest?.(".tile")?.dataset.id));
  let dragged; // The tile, while it is dragged.

  // The tile under the pointer, and on which side of it the dragged one would go. A tile stays in its section: what it
  // is for is chosen in its list.
  function place(event) {
    const tile = find(event.target);
    if (tile === undefined || tile === dragged || tile.element.parentElement !== dragged.element.parentElement) return null;
    const { left, width } = tile.element.getBoundingClientRect();
    return { tile, isAfter: event.clientX > left + width / 2 };
  }

  function mark(found) {
    for (const tile of element.querySelectorAll(".tile")) tile.classList.remove("tile-drop-after", "tile-drop-before");
    found?.tile.element.classList.add(found.isAfter ? "tile-drop-after" : "tile-drop-before");
  }

  function end() {
    dragged = undefined;
    mark(null);
  }

  element.addEventListener("dragstart", (event) => {
    const tile = find(event.target);
    if (tile === undefined || tile.kind === null || event.target.closest?.("input, select") !== null) return;
    event.dataTransfer.clearData();
    event.dataTransfer.setData(TYPE, String(tile.id));
    event.dataTransfer.effectAllowed = "move";
    dragged = tile;
  });
  element.addEventListener("dragover", (event) => {
    if (dragged === undefined) return;
    event.preventDefault();
    mark(place(event));
  });
  element.addEventListener("drop", (event) => {
    if (dragged === undefined) return;
    event.preventDefault();
    const found = place(event);
    const tile = dragged;
    end();
    if (found === null) return;
    // Its own place falls away before that of the other is counted.
    const position = found.tile.position - (tile.position < found.tile.position ? 1 : 0);
    move(tile, position + (found.isAfter ? 1 : 0));
  });
  element.addEventListener("dragend", end);
}
