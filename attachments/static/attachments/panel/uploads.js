// Files and addresses on their way: one after the other, so that the set has them in the order of their choosing.
import { action, firstStop, part } from "./dom.js";
import { Upload } from "./upload.js";

export class Uploads {
  constructor(panel) {
    this.panel = panel;
    this.element = part(panel.root, "uploads");
    this.items = [];
    // By the number of the attachment, for as long as the page is open.
    this.notices = new Map(); // What a person would not expect, such as that only the link was kept.
    this.replaced = new Set(); // Those that have got another file.
    this.waiters = [];
    this.added = 0;
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
    // Of a new owner: what the server will do anyway, unless the first picture fails or somebody chooses another.
    const mayChoose = this.panel.setId === "" && action(item.element, "cover") !== null;
    if (item.isPicture && mayChoose && !this.items.some((other) => other.wantsCover)) {
      item.wantsCover = true;
    }
    this.items.push(item);
    this.element.append(item.element);
    item.element.scrollIntoView({ block: "nearest" });
    for (const other of this.items) other.show();
  }

  // What has become of one; of several, at the end, how many there are.
  told({ source }, { id, title, notice }) {
    this.added += 1;
    if (notice) this.notices.set(id, notice);
    const isLast = !this.items.some((item) => item.isOpen);
    const failed = this.items.filter((item) => item.state === "failed" || item.state === "known").length;
    if (source.replaces !== undefined) {
      this.replaced.add(id);
      this.panel.say(`“${title}” has a new file.`);
    } else if (isLast && this.added > 1) {
      const rest = failed === 0 ? "" : ` ${failed} could not be added; each says why.`;
      this.panel.say(`${this.added} files were added.${rest} ${notice ?? ""}`);
    } else this.panel.say(`“${title}” was added. ${notice ?? ""}`);
    if (isLast) this.added = 0;
  }

  // Start what may be started. Before the owner is saved there is no set to send to.
  next() {
    this.onChange();
    if (this.panel.setId !== "") {
      const isSending = this.items.some((item) => item.state === "sending");
      if (!isSending) this.items.find((item) => item.state === "waiting")?.start();
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

  // Once more, behind all others: the set will have it last.
  repeat(item) {
    this.items = [...this.items.filter((other) => other !== item), item];
    this.element.append(item.element);
    this.next();
  }

  // Whoever was on it goes on from its tile, or from its neighbour.
  remove(item, heir = item.element.nextElementSibling ?? item.element.previousElementSibling) {
    this.items = this.items.filter((other) => other !== item);
    const hadFocus = item.element.contains(document.activeElement);
    item.element.remove();
    if (hadFocus) (firstStop(heir) ?? action(this.panel.root, "choose"))?.focus();
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
