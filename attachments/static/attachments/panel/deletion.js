// A tile that is deleted in ten seconds, unless somebody takes it back. Only then is the request sent.
import { action, firstButton, part, showFailure } from "./dom.js";

const SECONDS = 10;

export class Deletion {
  constructor(tile, send) {
    this.tile = tile;
    this.send = send;
    this.left = SECONDS;
    this.mark(true);
    showFailure(tile.element, null);
    tile.panel.say(`“${tile.data.title}” will be deleted in ten seconds, unless you undo it.`);
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
    this.tile.panel.say(`“${this.tile.data.title}” stays.`);
    action(this.tile.element, "delete").focus();
  }

  stop() {
    clearInterval(this.timer);
    this.tile.deletion = null;
  }

  // Keepalive: the page may be on its way out.
  async now() {
    this.stop();
    const { tile } = this;
    const { panel } = tile;
    const undo = action(tile.element, "undo");
    if (undo === document.activeElement) firstButton(tile.element)?.focus(); // A disabled button loses the focus.
    undo.disabled = true;
    const isGone = await tile.attempt(() => this.send(true));
    if (!isGone) {
      this.mark(false);
      return;
    }
    panel.forget(tile);
    panel.say(`“${tile.data.title}” was deleted.`);
    await panel.reload(); // The cover may have passed to another picture.
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
