// Files and addresses on their way: three at a time, the others wait.
import { Upload } from "./upload.js";

const AT_A_TIME = 3;

export class Uploads {
  constructor(panel) {
    this.panel = panel;
    this.items = [];
    this.waiters = [];
    this.onChange = () => {};
    globalThis.addEventListener("beforeunload", (event) => {
      if (!this.isLeaving && this.items.some((item) => item.isOpen)) event.preventDefault();
    });
  }

  add(sources) {
    for (const source of sources) this.enqueue(new Upload(this, source));
    this.next();
  }

  replace(tile, file) {
    this.enqueue(new Upload(this, { file, replaces: tile }));
    this.next();
  }

  enqueue(item) {
    // Files are sent side by side, but people expect the first picture to become the cover.
    if (item.isPicture && this.panel.coverId === null && !this.items.some((other) => other.wantsCover)) {
      item.wantsCover = true;
    }
    this.items.push(item);
    this.panel.list.append(item.element);
    this.panel.updateAll();
    item.element.scrollIntoView({ block: "nearest" });
    for (const other of this.items) other.show();
  }

  // Start what may be started. Before the owner is saved there is no set to send to.
  next() {
    this.onChange();
    if (this.panel.setId !== "") {
      const sending = this.items.filter((item) => item.state === "sending").length;
      const waiting = this.items.filter((item) => item.state === "waiting");
      for (const item of waiting.slice(0, AT_A_TIME - sending)) item.start();
    }
    if (!this.items.some((item) => item.isOpen)) {
      for (const resolve of this.waiters.splice(0)) resolve();
    }
  }

  wantCover(chosen) {
    for (const item of this.items) {
      item.wantsCover = item === chosen && !item.wantsCover;
      item.show();
    }
  }

  remove(item) {
    this.items = this.items.filter((other) => other !== item);
    item.element.remove();
    this.panel.updateAll();
    this.next();
  }

  get failed() {
    return this.items.filter((item) => item.state === "failed");
  }

  // When nothing waits and nothing is being sent.
  idle() {
    return new Promise((resolve) => {
      this.waiters.push(resolve);
      this.next();
    });
  }
}
