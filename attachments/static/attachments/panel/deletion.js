// A tile that is deleted in ten seconds, unless somebody takes it back. Only then is the request sent.
import { action, firstStop, part, showFailure } from "./dom.js";

const SECONDS = 10;

export class Deletion {
  constructor(tile, send) {
    this.tile = tile;
    this.send = send;
    this.left = SECONDS;
    this.mark(true);
    showFailure(tile.element, null);
    tile.panel.say(`“${tile.title}” will be deleted in ten seconds, unless you undo it.`);
    action(tile.element, "undo").focus();
    this.timer = setInterval(() => this.tick(), 1000);
    this.showCountdown();
  }

  tick() {
    this.left -= 1;
    this.showCountdown();
    if (this.left <= 0) this.now();
  }

  undo() {
    this.stop();
    this.mark(false);
    this.tile.panel.say(`“${this.tile.title}” stays.`);
    action(this.tile.element, "delete").focus();
  }

  stop() {
    clearInterval(this.timer);
    this.tile.deletion = null;
  }

  async now() {
    this.stop();
    const { tile } = this;
    const undo = action(tile.element, "undo");
    if (undo === document.activeElement) firstStop(tile.element)?.focus(); // A disabled button loses the focus.
    undo.disabled = true;
    if (await tile.attempt(this.send)) tile.panel.say(`“${tile.title}” was deleted.`);
    else this.mark(false);
  }

  mark(isDoomed) {
    const { element } = this.tile;
    element.classList.toggle("tile-is-doomed", isDoomed);
    part(element, "actions").hidden = isDoomed;
    part(element, "doomed").hidden = !isDoomed;
    action(element, "undo").disabled = false;
  }

  showCountdown() {
    part(this.tile.element, "countdown").textContent = `Deleted in ${this.left} s`;
  }
}
