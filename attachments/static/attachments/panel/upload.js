// One file, or one address, on its way to the set.
import { call, Failure, send } from "./api.js";
import { action, fromTemplate, humanSize, onActions, part, showFailure } from "./dom.js";

export class Upload {
  // The source has a `file` or an `address`; `replaces` is the tile that gets the file.
  constructor(uploads, source) {
    this.uploads = uploads;
    this.panel = uploads.panel;
    this.source = source;
    this.name = source.file?.name || source.address || "picture";
    this.wantsCover = false;
    this.state = "waiting"; // sending, added, failed, known, cancelled
    this.element = fromTemplate(this.panel.root, "upload");
    this.preview();
    onActions(this.element, {
      cancel: () => this.cancel(),
      retry: () => this.retry(),
      show: () => this.showKnown(),
      cover: () => uploads.wantCover(this),
    });
    part(this.element, "title").textContent = this.name;
    this.check();
    this.show();
  }

  get isPicture() {
    const pictures = this.panel.root.dataset.pictures.split(" ");
    return pictures.includes(this.source.file?.type) && this.source.replaces === undefined;
  }

  get isOpen() {
    return this.state === "waiting" || this.state === "sending";
  }

  preview() {
    if (!this.isPicture) return;
    const picture = part(this.element, "picture");
    const address = URL.createObjectURL(this.source.file);
    picture.addEventListener("load", () => {
      picture.hidden = false;
      part(this.element, "no-picture").hidden = true;
    });
    // Nothing is lost when the browser cannot show it; the server looks at the bytes.
    for (const event of ["load", "error"]) picture.addEventListener(event, () => URL.revokeObjectURL(address));
    picture.src = address;
  }

  // What the server would refuse anyway need not be sent.
  check() {
    const { file } = this.source;
    if (file === undefined) return;
    const { limits, any } = this.panel.root.dataset;
    const known = JSON.parse(limits);
    const limit = known[file.type] ?? known[any];
    if (file.size > limit) {
      this.fail(new Failure(`This file is larger than the ${humanSize(limit)} that are allowed.`, "file_too_large", 400));
    }
  }

  show() {
    const isNew = this.panel.setId === "";
    const facts = {
      waiting: isNew ? "Added when you save" : "Waiting",
      sending: this.source.file === undefined ? "Fetching" : "Sending",
      added: "Added",
      failed: "Not added",
      known: "Not added again",
    };
    const size = this.source.file === undefined ? [] : [humanSize(this.source.file.size)];
    part(this.element, "facts").textContent = [facts[this.state], ...size].join(" · ");
    part(this.element, "progress").hidden = this.state !== "sending";
    action(this.element, "retry").hidden = this.state !== "failed" || this.failure.status === 400;
    const isUnreachable = this.state === "failed" && this.failure.code === "cannot_fetch";
    action(this.element, "retry").textContent = isUnreachable ? "Add the link anyway" : "Try again";
    action(this.element, "show").hidden = this.state !== "known";
    const cancel = action(this.element, "cancel");
    cancel.textContent = this.isOpen && !isNew ? "Cancel" : "Remove";
    cancel.setAttribute("aria-label", `${cancel.textContent} ${this.name}`);
    const cover = action(this.element, "cover");
    if (cover !== null) {
      cover.hidden = !isNew || !this.isPicture || this.state !== "waiting";
      cover.setAttribute("aria-pressed", String(this.wantsCover));
    }
    this.element.classList.toggle("tile-cover", this.wantsCover && isNew);
  }

  async start() {
    this.state = "sending";
    this.show();
    try {
      const attachment = await this.send();
      if (this.state === "cancelled") {
        await this.panel.reload();
        this.panel.say(`It was too late to cancel: “${attachment.title}” was added.`);
        return;
      }
      this.isStored = true;
      await this.chooseCover(attachment);
      this.finish(attachment);
    } catch (failure) {
      if (failure.code !== "cancelled") this.fail(failure);
    }
    this.uploads.next();
  }

  send() {
    const { file, address, replaces } = this.source;
    if (file === undefined) {
      const title = this.keepsBareLink ? { title: address.slice(0, 255) } : {};
      return call("POST", this.panel.path("/attachments"), { url: address, on_duplicate: "refuse", ...title });
    }
    const [method, path] = replaces === undefined ? ["POST", this.panel.path("/attachments")] : ["PUT", replaces.path("/file")];
    const progress = part(this.element, "progress");
    const { answer, stop } = send(method, path, { on_duplicate: "refuse", file }, (done) => {
      // All is sent, but the server still looks at it and stores it: a bar that only moves.
      if (done < 1) progress.value = done;
      else progress.removeAttribute("value");
    });
    this.stop = stop;
    return answer;
  }

  // The file is there, whether it can be the cover or not.
  async chooseCover({ id, thumbnail_url: thumbnail }) {
    if (!this.wantsCover || thumbnail === null) return;
    try {
      await call("PUT", this.panel.path("/cover"), { attachment_id: id });
    } catch (failure) {
      this.uploads.notices.set(id, failure.message);
    }
  }

  // The next one is sent while the server says what the list looks like now.
  async finish(attachment) {
    this.state = "added";
    this.show();
    this.uploads.told(this, attachment);
    await this.panel.reload();
    const tile = this.panel.list.tiles.get(attachment.id);
    this.panel.list.reveal(tile);
    this.uploads.remove(this, tile?.element);
  }

  fail(failure) {
    this.failure = failure;
    this.state = failure.code === "already_in_set" ? "known" : "failed";
    showFailure(this.element, failure);
    this.show();
  }

  retry() {
    // With a title of its own a link is kept although its page cannot be looked at.
    this.keepsBareLink = this.failure.code === "cannot_fetch";
    this.state = "waiting";
    showFailure(this.element, null);
    this.show();
    this.uploads.repeat(this);
    action(this.element, "cancel").focus();
  }

  cancel() {
    if (this.isStored) return; // Its tile is on its way.
    this.stop?.();
    this.state = "cancelled";
    this.uploads.remove(this);
    this.panel.say(`${this.name} was taken out.`);
  }

  async showKnown() {
    const id = this.failure.details.attachment_id;
    if (!this.panel.list.tiles.has(id)) await this.panel.reload();
    const known = this.panel.list.tiles.get(id);
    this.panel.list.reveal(known);
    known?.link.focus();
    this.uploads.remove(this);
  }
}
