// Checks a receipt of the public log in the browser: RFC 6962 and C2SP tlog-proof, with WebCrypto and nothing else.
// Written apart from the server's own code on purpose; it asks the server nothing. What it is given stays here.

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });
const ED25519 = 1;
const COSIGNATURE = 4;

class Fault extends Error {}

const join = (...parts) => {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) { whole.set(part, at); at += part.length; }
  return whole;
};
const equal = (a, b) => a.length === b.length && a.every((byte, i) => byte === b[i]);
const hash = async (...parts) => new Uint8Array(await crypto.subtle.digest("SHA-256", join(...parts)));
const leafHash = (entry) => hash(Uint8Array.of(0), entry);
const nodeHash = (left, right) => hash(Uint8Array.of(1), left, right);

function unbase64(text) {
  let raw;
  try { raw = Uint8Array.from(atob(text), (c) => c.charCodeAt(0)); } catch { throw new Fault("base64"); }
  if (btoa(String.fromCharCode(...raw)) !== text) throw new Fault("base64");
  return raw;
}

async function parseKey(text) {
  const found = /^([^\s+]+)\+([0-9a-f]{8})\+(\S+)$/.exec(text.trim());
  if (!found) throw new Fault("key");
  const raw = unbase64(found[3]);
  const id = (await hash(encoder.encode(found[1] + "\n"), raw)).slice(0, 4);
  const named = [...id].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  if (named !== found[2] || raw.length !== 33 || ![ED25519, COSIGNATURE].includes(raw[0])) throw new Fault("key");
  const key = await crypto.subtle.importKey("raw", raw.slice(1), { name: "Ed25519" }, false, ["verify"]);
  return { name: found[1], id, algorithm: raw[0], key };
}

function parseReceipt(text) {
  const [head, ...rest] = text.split("\n\n");
  const note = rest.join("\n\n");
  const lines = head.split("\n");
  if (lines.shift() !== "c2sp.org/tlog-proof@v1" || !note) throw new Fault("receipt");
  const entry = lines.length && lines[0].startsWith("extra ") ? unbase64(lines.shift().slice(6)) : null;
  const index = /^index (0|[1-9][0-9]{0,15})$/.exec(lines.shift() ?? "");
  if (!index) throw new Fault("receipt");
  const proof = lines.map(unbase64);
  if (proof.some((one) => one.length !== 32)) throw new Fault("receipt");
  return { index: Number(index[1]), proof, note, entry };
}

function parseNote(note) {
  const cut = note.lastIndexOf("\n\n");
  if (cut < 0) throw new Fault("note");
  const text = note.slice(0, cut + 1);
  const lines = text.split("\n");
  if (lines.length < 4 || !/^(0|[1-9][0-9]{0,15})$/.test(lines[1])) throw new Fault("note");
  const signatures = note.slice(cut + 2).split("\n").filter(Boolean).map((line) => {
    const found = /^— (\S+) (\S+)$/.exec(line);
    if (!found) throw new Fault("note");
    const raw = unbase64(found[2]);
    return { name: found[1], id: raw.slice(0, 4), signature: raw.slice(4) };
  });
  return { text, origin: lines[0], size: Number(lines[1]), root: unbase64(lines[2]), signatures };
}

async function signedBy(note, key) {
  for (const { name, id, signature } of note.signatures) {
    if (name !== key.name || !equal(id, key.id)) continue;
    let message = encoder.encode(note.text);
    let bare = signature;
    if (key.algorithm === COSIGNATURE) {
      const seconds = new DataView(signature.buffer, signature.byteOffset, 8).getBigUint64(0);
      message = join(encoder.encode(`cosignature/v1\ntime ${seconds}\n`), message);
      bare = signature.slice(8);
    }
    return crypto.subtle.verify({ name: "Ed25519" }, key.key, bare, message);
  }
  return false;
}

// RFC 9162, section 2.1.3.2, by recursion over the shape of the tree instead of over the bits of the index.
async function rootFrom(index, size, leaf, proof) {
  if (size === 1) {
    if (proof.length) throw new Fault("proof");
    return leaf;
  }
  if (!proof.length) throw new Fault("proof");
  const sibling = proof[proof.length - 1];
  const rest = proof.slice(0, -1);
  let left = 1;
  while (left * 2 < size) left *= 2;
  return index < left
    ? nodeHash(await rootFrom(index, left, leaf, rest), sibling)
    : nodeHash(sibling, await rootFrom(index - left, size - left, leaf, rest));
}

// Each key hands over to the next: an entry names both, and both signed the log that holds it. A way from `key` to the
// first one that signed `note`: {key, handed: [entry numbers]}, or {why} where a handover on it does not hold.
async function follow(key, text, note, handovers) {
  const handed = [];
  let current = { text, ...key };
  for (const part of handovers.split("c2sp.org/tlog-proof@v1\n").filter((one) => one.trim())) {
    if (await signedBy(note, current)) break;
    let receipt, tree, data;
    try {
      receipt = parseReceipt(`c2sp.org/tlog-proof@v1\n${part.trimEnd()}\n`);
      tree = parseNote(receipt.note);
      const body = JSON.parse(decoder.decode(receipt.entry));
      data = body.kind === "log.key_succeeded" ? body.data : null;
    } catch { return { why: "form" }; }
    if (!data) return { why: "form" };
    if (data.old !== current.text) continue;
    if (!data.old_signs) return { why: "lost" };
    let next, root = null;
    try {
      next = { text: data.new, ...(await parseKey(data.new)) };
      if (receipt.index < tree.size) root = await rootFrom(receipt.index, tree.size, await leafHash(receipt.entry), receipt.proof);
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
    }
    const held = root !== null && equal(root, tree.root) && tree.origin === current.name && next.name === current.name
      && await signedBy(tree, current) && await signedBy(tree, next);
    if (!held) return { why: "broken" };
    current = next;
    handed.push(receipt.index);
  }
  return { key: current, handed };
}

// What the entry says in short: its kind, its time, its round.
function told(bytes) {
  const body = JSON.parse(decoder.decode(bytes));
  return [body.kind, body.at, body.round].filter(Boolean).join(", ");
}

async function check(receiptText, entry, keyText, handovers) {
  const facts = [];
  const say = (name, holds, detail = "") => { facts.push({ name, holds, detail }); return holds; };
  let key, receipt, note;
  try { key = await parseKey(keyText); } catch (error) {
    if (error instanceof DOMException) throw error;
    say("key", false);
    return facts;
  }
  try { receipt = parseReceipt(receiptText); note = parseNote(receipt.note); } catch {
    say("form", false);
    return facts;
  }
  say("form", true, String(receipt.index));
  if (handovers !== null) {
    const way = await follow(key, keyText.trim(), note, handovers);
    if (way.why) { say(way.why === "lost" ? "lost" : "succession", false); return facts; }
    if (way.handed.length) say("succession", true, way.handed.join(", "));
    key = way.key;
  }
  say("origin", note.origin === key.name, note.origin);
  say("signature", await signedBy(note, key), key.name);
  const bytes = entry ?? receipt.entry;
  if (!bytes) { say("files", false); return facts; }
  let root = null;
  try {
    if (receipt.index < note.size) root = await rootFrom(receipt.index, note.size, await leafHash(bytes), receipt.proof);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
  }
  const included = root !== null && equal(root, note.root);
  say("inclusion", included && (!receipt.entry || equal(bytes, receipt.entry)), `${receipt.index} / ${note.size}`);
  if (included) say("told", true, told(bytes));
  return facts;
}

const form = document.getElementById("check-receipt");
const answer = document.getElementById("answer");
const words = form.dataset;

function show(facts) {
  const fine = facts.every((fact) => fact.holds);
  answer.replaceChildren();
  const heading = document.createElement("h2");
  heading.className = "govuk-heading-m";
  heading.textContent = fine ? words.fine : words.notFine;
  const list = document.createElement("ul");
  list.className = "govuk-list govuk-list--bullet";
  for (const { name, holds, detail } of facts) {
    const item = document.createElement("li");
    const key = name + (holds ? "Holds" : "Fails");
    item.textContent = words[key] + (detail ? ` (${detail})` : "");
    list.append(item);
  }
  answer.append(heading, list);
  answer.hidden = false;
  answer.focus();
}

const textOf = async (file) => decoder.decode(await file.arrayBuffer());

form.hidden = false;
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  answer.hidden = true;
  const [receipt] = form.elements.receipt.files;
  const [entry] = form.elements.entry.files;
  const [handovers] = form.elements.succession?.files ?? [];
  try {
    if (!receipt) { show([{ name: "files", holds: false, detail: "" }]); return; }
    const bytes = entry ? new Uint8Array(await entry.arrayBuffer()) : null;
    show(await check(await textOf(receipt), bytes, form.elements.key.value, handovers ? await textOf(handovers) : null));
  } catch {
    show([{ name: "browser", holds: false, detail: "" }]);
  }
});
