// Every call of the frontend, with what it relies on. Throws at the first surprise.
export const call = async (method, path, body, expected = 200) => {
  const options = { method };
  if (body instanceof FormData) options.body = body;
  else if (body !== undefined) {
    options.headers = { "Content-Type": "application/json" };
    options.body = JSON.stringify(body);
  }
  const answer = await fetch(`/api${path}`, options);
  if (answer.status === 401) location.assign(`/api/auth/login?redirect=${encodeURIComponent(location.pathname)}`);
  const text = await answer.text();
  if (answer.status !== expected) throw new Error(`${method} ${path}: ${answer.status} instead of ${expected}: ${text}`);
  // An error without a body is taken for a success.
  if (!answer.ok && !JSON.parse(text).error) throw new Error(`${method} ${path}: ${answer.status} without a sentence`);
  return text === "" ? null : JSON.parse(text);
};

// What each page asks for when it opens.
const INCLUDE = "limit=1000&offset=0&include=locations,kits,shopping_lists,cover";
export const pages = (path) => {
  const [, section, key] = path.split("/");
  const get = (...routes) => routes.map((route) => ["GET", route]);
  const kits = { kit_ids: [1, 2, 3], include_done: false };
  if (section === "parts" && key) {
    const memberships = ["POST", "/parts/shopping-list-memberships/query", { part_keys: [key], include_done: false }];
    return [memberships, ...get(`/parts/${key}`, `/parts/${key}/kits`, `/parts/${key}/locations`, "/boxes", "/types?include_stats=true", "/sellers")];
  }
  if (section === "kits" && key) return get(`/kits/${key}`, `/parts?${INCLUDE}`, "/shopping-lists?status=active");
  return {
    parts: get(`/parts?${INCLUDE}`, "/types"),
    kits: [
      ...get("/kits?status=active", "/kits?status=archived"),
      ["POST", "/kits/shopping-list-memberships/query", kits],
      ["POST", "/kits/pick-list-memberships/query", kits],
    ],
    boxes: get("/boxes"),
    sellers: get("/sellers"),
    types: get("/types?include_stats=true"),
    "shopping-lists": get("/shopping-lists?include_done=true"),
    about: [],
  }[section];
};

const check = (truth, what) => {
  if (!truth) throw new Error(`It is not so that ${what}.`);
};

let step;

const drawn = (colour) =>
  new Promise((resolve) => {
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = 400;
    const pen = canvas.getContext("2d");
    pen.fillStyle = colour;
    pen.fillRect(0, 0, 400, 400);
    canvas.toBlob(resolve, "image/png");
  });

const shown = (id, address) =>
  new Promise((resolve, reject) => {
    const image = document.getElementById(id);
    image.onload = () => (image.naturalWidth > 0 ? resolve(image.naturalWidth) : reject(new Error("An empty picture.")));
    image.onerror = () => reject(new Error(`${address} is no picture.`));
    image.src = address;
  });

// A frame of our own origin that was refused has an error page of another origin instead.
const framed = async (address, what) => {
  const frame = document.createElement("iframe");
  await new Promise((resolve) => {
    frame.onload = resolve;
    frame.src = address;
    document.body.append(frame);
  });
  frame.title = what;
};

const allParts = async () => {
  const parts = [];
  for (let page = null; page === null || page.length === 1000; parts.push(...page)) {
    page = await call("GET", `/parts?limit=1000&offset=${parts.length}&include=cover,locations,kits,shopping_lists`, undefined, 200);
  }
  return parts;
};

// What the panel of documents does, for a part and for a kit alike.
const documents = async (what, set, owner) => {
  const path = `/attachment-sets/${set}/attachments`;
  check((await call("GET", `/attachment-sets/${set}`, undefined, 200)).attachments.length === 0, `${what} begins empty`);

  // The server may fetch from this very origin, and from nowhere else inside.
  const url = `http://127.0.0.1:${location.port}/about`;
  const preview = await call("POST", "/parts/attachment-preview", { url }, 200);
  check(preview.content_type === "webpage" && preview.title === document.title, "a link is looked at before it is added");
  check(preview.image_url === null && preview.original_url === url, "a page may have no picture");
  await call("GET", `/parts/attachment-preview/image?url=${encodeURIComponent(url)}`, undefined, 404);
  const unreachable = { url: "http://127.0.0.2:9/" };
  check((await call("POST", "/parts/attachment-preview", unreachable, 400)).details.code === "cannot_fetch", "some are not");
  const link = await call("POST", path, { url }, 201);
  check(link.attachment_type === "url" && link.title === document.title, "a link is titled by its page");
  check(link.attachment_url === null, "a link without a picture has nothing to view");
  step(`${what}: link`);

  const send = async (file, name, title, expected = 201) => {
    const form = new FormData();
    form.append("file", file, name);
    if (title) form.append("title", title);
    return call("POST", path, form, expected);
  };
  const first = await send(await drawn("seagreen"), "front.png");
  check(first.title === "front.png" && first.content_type === "image/png", "a picture is titled by its name");
  const second = await send(await drawn("goldenrod"), "back.png", "Seen from behind");
  const sheet = await send(new Blob([PDF], { type: "application/octet-stream" }), "datasheet.pdf");
  check(sheet.attachment_type === "pdf", "the bytes tell a PDF");
  const drawing = await send(new Blob(["<svg xmlns='http://www.w3.org/2000/svg'/>"]), "drawing.svg");
  check(drawing.attachment_type === "file" && drawing.preview_url === "/api/icons/picture", "an SVG is a file with an icon");
  const saved = await fetch(drawing.attachment_url);
  check(saved.headers.get("Content-Type") === "application/octet-stream", "which is of no type that a browser opens");
  check(saved.headers.get("Content-Disposition").startsWith("attachment"), "and saved");
  await call("DELETE", `${path}/${drawing.id}`, undefined, 204);
  const refused = await send(new Blob([new Uint8Array([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0])]), "broken.png", null, 400);
  check(refused.details.code === "image_refused", "a picture without pixels is refused");
  step(`${what}: upload`);

  let cover = await call("GET", `/attachment-sets/${set}/cover`, undefined, 200);
  check(cover.cover_attachment_id === first.id, "the first picture is the cover");
  check((await shown("cover", cover.cover_url)) === 150, "the cover is a thumbnail");
  check((await shown("larger", `${cover.cover_url}&thumbnail=300`)) === 300, "a larger one may be appended");
  cover = await call("PUT", `/attachment-sets/${set}/cover`, { attachment_id: second.id }, 200);
  check((await owner()).cover_url === cover.cover_url, "its owner shows the chosen cover");
  check((await call("PUT", `/attachment-sets/${set}/cover`, { attachment_id: sheet.id }, 400)).details.code === "not_an_image", "a PDF is no cover");
  await call("DELETE", `/attachment-sets/${set}/cover`, undefined, 200);
  check((await owner()).cover_url === null, "a cleared cover is null");
  await call("PUT", `/attachment-sets/${set}/cover`, { attachment_id: second.id }, 200);
  step(`${what}: cover`);

  check((await shown("first-page", sheet.preview_url)) > 0, "a PDF shows its first page");
  const view = await fetch(sheet.attachment_url);
  check(view.headers.get("Content-Type") === "application/pdf", "a PDF is viewed as such");
  check(view.headers.get("Content-Disposition").startsWith("inline"), "and inline");
  check((await view.arrayBuffer()).byteLength === PDF.length, "bit for bit");
  await framed(sheet.attachment_url, "a PDF is shown in a frame");
  await framed(first.attachment_url, "a picture is shown in a frame");
  step(`${what}: view`);

  const anchor = document.createElement("a");
  anchor.href = first.download_url;
  anchor.id = `download-${what}`;
  anchor.textContent = `Download ${what}`;
  document.body.append(anchor);
  const download = await fetch(first.download_url);
  check(download.headers.get("Content-Disposition").startsWith('attachment; filename="front.png"'), "a download has its name");
  const zip = await fetch(`/api/attachment-sets/${set}/files.zip`);
  check(Number(zip.headers.get("Content-Length")) === (await zip.arrayBuffer()).byteLength, "a ZIP knows its length");
  step(`${what}: download`);

  check((await call("PUT", `${path}/${first.id}`, { title: "Seen from the front" }, 200)).title === "Seen from the front", "titles change");
  await call("DELETE", `${path}/${second.id}`, undefined, 204);
  cover = await call("GET", `/attachment-sets/${set}/cover`, undefined, 200);
  check(cover.cover_attachment_id === first.id, "the oldest remaining picture takes over");
  check((await call("GET", path, undefined, 200)).map((row) => row.id).join() === [link.id, first.id, sheet.id].join(), "the rest is in order");
  step(`${what}: delete`);
  return first;
};

const PDF = [
  "%PDF-1.4",
  "1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj",
  "2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj",
  "3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>endobj",
  "trailer<</Size 4/Root 1 0 R>>",
  "%%EOF",
].join("\n");

export const everything = async (tell) => {
  step = tell;
  const self = await call("GET", "/auth/self", undefined, 200);
  check(self.roles.includes("editor"), "somebody who may edit is logged in");
  for (const path of ["/boxes", "/sellers", "/types", "/shopping-lists"]) check(Array.isArray(await call("GET", path, undefined, 200)), `${path} is an array`);
  const asked = { part_keys: ["ABCD"], kit_ids: [7] };
  for (const path of ["/parts/shopping-list", "/kits/shopping-list", "/kits/pick-list"]) {
    check((await call("POST", `${path}-memberships/query`, asked, 200)).memberships.length === 1, `${path} has memberships`);
  }
  const form = new FormData();
  form.append("text", "NE555");
  form.append("image", new Blob([new Uint8Array(5_000_000)]), "photo.jpg");
  const analysis = await fetch("/api/ai-parts/analyze", { method: "POST", body: form });
  check(analysis.status === 501 && (await analysis.json()).error.includes("by hand"), "there is no AI, and the server says so");
  step("start");

  const type = await call("POST", "/types", { name: "Timer" }, 201);
  check((await call("POST", "/types", { name: "Timer" }, 409)).error.includes("already exists"), "a type has one name");
  const part = await call("POST", "/parts", { description: "Precision timer", type_id: type.id, tags: ["analog"], key: "OURS" }, 201);
  check(/^[A-Z]{4}$/.test(part.key) && part.key !== "OURS", "the key is the server's");
  await call("PUT", `/parts/${part.key}`, { manufacturer_code: "NE555P", series: "" }, 200);
  step("part: create");

  const one = () => call("GET", `/parts/${part.key}`, undefined, 200);
  const photo = await documents("part", part.attachment_set_id, one);
  const row = (await allParts()).find((candidate) => candidate.key === part.key);
  check(row.attachment_count === 3 && row.kits.length === 0 && "shopping_lists" in row, "the list has its columns");
  check((await one()).type.name === "Timer" && (await one()).series === null, "the detail has the type, and null for blank");
  await call("GET", `/parts/${part.key}/locations`, undefined, 200);
  step("part: list and detail");

  const kit = await call("POST", "/kits", { name: "Blinker", build_target: 2 }, 201);
  await documents("kit", kit.attachment_set_id, () => call("GET", `/kits/${kit.id}`, undefined, 200));
  const { part_id } = await call("GET", `/parts/${part.key}/kit-reservations`, undefined, 200);
  const content = await call("POST", `/kits/${kit.id}/contents`, { part_id, required_per_unit: 3 }, 201);
  check(content.total_required === 6 && content.shortfall === 6, "a kit needs parts for all its units");
  await call("PATCH", `/kits/${kit.id}/contents/${content.id}`, { version: content.version, note: "red" }, 200);
  await call("PATCH", `/kits/${kit.id}/contents/${content.id}`, { version: content.version, note: "blue" }, 409);
  check((await call("GET", `/parts/${part.key}/kits`, undefined, 200))[0].kit_name === "Blinker", "a part knows its kits");
  check((await call("GET", "/kits?status=active&query=blink", undefined, 200)).length === 1, "kits are found");
  check((await call("GET", `/kits/${kit.id}`, undefined, 200)).contents[0].part.key === part.key, "a kit has contents");
  await call("POST", `/kits/${kit.id}/archive`, undefined, 200);
  await call("POST", `/kits/${kit.id}/unarchive`, undefined, 200);
  step("kit: list and detail");

  const other = await call("POST", "/parts", { description: "Another" }, 201);
  const wish = { attachment_id: photo.id, target_part_key: other.key, set_as_cover: true };
  const { attachment } = await call("POST", "/parts/copy-attachment", wish, 200);
  check(attachment.sha256 === photo.sha256 && attachment.attachment_set_id === other.attachment_set_id, "a copy has the same bytes");
  await call("POST", `/attachment-sets/${kit.attachment_set_id}/copies`, { attachment_id: photo.id, set_as_cover: false }, 201);
  await call("DELETE", `/parts/${other.key}`, undefined, 204);
  await call("GET", `/parts/${other.key}`, undefined, 404);
  check((await call("DELETE", `/parts/${part.key}`, undefined, 409)).error.includes("Blinker"), "a used part names its kits");
  step("part: copy and delete");
};
