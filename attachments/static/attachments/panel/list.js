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

  // What comes from the server takes the place of what was there, unless that is the same or somebody works on it.
  show(fresh) {
    const goBack = this.rememberFocus();
    const before = this.tiles;
    this.tiles = new Map();
    for (const element of fresh.querySelectorAll(".tile")) {
      const id = Number(element.dataset.id);
      const known = before.get(id);
      const stays = known !== undefined && (known.isBusy || known.html === element.outerHTML);
      if (stays) element.replaceWith(known.element);
      this.tiles.set(id, stays ? known : new Tile(this.panel, element));
    }
    for (const [id, tile] of before) {
      if (this.tiles.get(id) !== tile) tile.stop();
    }
    release(fresh);
    if (fresh === this.element) return;
    for (const section of fresh.querySelectorAll("details")) section.open = this.section(section.dataset.kind)?.open ?? section.open;
    this.element.replaceChildren(...fresh.childNodes);
    goBack();
  }

  section(kind) {
    return this.element.querySelector(`details[data-kind="${kind}"]`);
  }

  get ordered() {
    return [...this.tiles.values()].toSorted((one, other) => one.position - other.position);
  }

  get hasCover() {
    return this.element.querySelector(".tile-cover") !== null;
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
    const kind = focused.closest("details")?.dataset.kind;
    return () => {
      if (focused.isConnected) {
        focused.focus({ preventScroll: true });
        return;
      }
      const tile = this.tiles.get(id);
      const same = tile && (focused.tagName === "SELECT" ? tile.kind : action(tile.element, focused.dataset.action ?? "rename"));
      const next = tile ?? this.ordered[Math.min(place, this.tiles.size - 1)];
      const rest = this.section(kind)?.firstElementChild ?? action(this.panel.root, "choose");
      (same && !same.disabled && !same.hidden ? same : (firstStop(next?.element) ?? rest))?.focus({ preventScroll: true });
    };
  }
}
