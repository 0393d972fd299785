// The tiles, as the server has rendered them, in sections where there are many.
import { watchDrag } from "./arrangement.js";
import { action, firstStop, part, release } from "./dom.js";
import { Tile } from "./tile.js";

export class List {
  constructor(panel) {
    this.panel = panel;
    this.element = part(panel.root, "list");
    this.tiles = new Map();
    this.show(this.element);
    watchDrag(this);
  }

  // What comes from the server takes the place of what was there. What is the same, or what somebody works on, stays
  // where it is: whoever has opened a list or holds a button would lose it.
  show(fresh) {
    const goBack = this.rememberFocus();
    const before = this.tiles;
    this.tiles = new Map();
    const blocks = [...fresh.children].map((block) => this.block(block, before));
    for (const [id, tile] of before) {
      if (this.tiles.get(id) !== tile) tile.deletion?.stop();
    }
    release(fresh);
    arrange(this.element, blocks);
    goBack();
  }

  // A section that is shown already stays, open or closed.
  block(fresh, before) {
    const tiles = tilesOf(fresh);
    if (tiles === null) return fresh;
    const isSame = ({ dataset, tagName }) => tagName === fresh.tagName && dataset.kind === fresh.dataset.kind;
    const shown = [...this.element.children].find(isSame) ?? fresh;
    const [heading, freshHeading] = [shown, fresh].map((block) => block.querySelector(":scope > summary"));
    if (heading !== freshHeading) heading.textContent = freshHeading.textContent;
    arrange(
      tilesOf(shown),
      [...tiles.children].map((element) => this.tile(element, before).element),
    );
    return shown;
  }

  tile(fresh, before) {
    const id = Number(fresh.dataset.id);
    const known = before.get(id);
    const stays = known !== undefined && (known.isBusy || known.html === fresh.outerHTML);
    this.tiles.set(id, stays ? known : new Tile(this.panel, fresh));
    return this.tiles.get(id);
  }

  // As they stand on the page.
  get ordered() {
    return [...this.tiles.values()];
  }

  // Whoever adds or looks for something wants to see it.
  reveal(tile) {
    tile?.element.closest("details")?.setAttribute("open", "");
  }

  deleteDoomed() {
    for (const tile of this.tiles.values()) tile.deletion?.now();
  }

  // Returns what puts the focus back, or on what has come instead: whoever was in the list does not start at the top.
  rememberFocus() {
    const focused = document.activeElement;
    if (!this.element.contains(focused)) return () => {};
    const id = Number(focused.closest(".tile")?.dataset.id);
    const place = this.ordered.findIndex((tile) => tile.id === id);
    return () => {
      const tile = this.tiles.get(id);
      const next = tile ?? this.ordered[Math.min(place, this.tiles.size - 1)];
      const stops = [
        focused.isConnected ? focused : null,
        tile && (focused.tagName === "SELECT" ? tile.kind : action(tile.element, focused.dataset.action ?? "rename")),
        firstStop(next?.element),
        action(this.panel.root, "choose"),
      ];
      stops.find((stop) => stop && !stop.disabled && !stop.hidden)?.focus({ preventScroll: true });
    };
  }
}

function tilesOf(block) {
  return block.matches(".tiles") ? block : block.querySelector(".tiles");
}

// Moves no child that is in its place.
function arrange(parent, children) {
  const gone = [...parent.children].filter((child) => !children.includes(child));
  for (const child of gone) child.remove();
  for (const [place, child] of children.entries()) {
    if (parent.children[place] !== child) parent.insertBefore(child, parent.children[place] ?? null);
  }
}
