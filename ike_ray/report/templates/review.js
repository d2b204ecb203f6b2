"use strict";
// A person's verdicts on the masks of the page: the browser keeps them, review.json carries them, a table counts them by confidence.
// report.js, which comes after this script, draws everything else and calls startReview before it draws the gallery.
const FORMAT = "ike_ray review 1";
const KEPT = "ike_ray review "; // how the keys of what the browser keeps begin
const VERDICTS = ["accepted", "rejected", "withdrawn"]; // the last one stands for a verdict that was taken back
const CHOICES = { all: ["all", () => true], open: ["not reviewed", (video) => isOpen(video)], accepted: ["accepted", (video) => verdictOf(video) === "accepted"], rejected: ["rejected", (video) => verdictOf(video) === "rejected"] };
const NUM_BANDS = 10;
const QUANTILE = 1.959963984540054; // of the normal distribution, which 2.5 % lie above
const reviews = new Map(); // the last review of a video, by the video's name
const undoable = []; // pairs of a video and the review that it had before, the oldest first
const marks = new Map(); // the mark on the card of a video, by the video's name
let isGalleryOld = false; // whether a verdict was given since the videos of the gallery were chosen
let isUnsaved = false; // whether a verdict was given that the browser did not keep

const reviewOf = (video) => reviews.get(video.name);
const verdictOf = (video) => (reviewOf(video) && reviewOf(video).verdict !== "withdrawn" ? reviewOf(video).verdict : null);
const isOpen = (video) => video.status === "ok" && !verdictOf(video);
const isChosenByVerdict = (video) => CHOICES[$("reviewed").value][1](video);
const describeVerdict = (video) => (verdictOf(video) ? [verdictOf(video), ...reviewOf(video).reasons].join(" ") : "");

// ---- where verdicts are kept
// All pages that are opened from a disk share one storage. A name ends in a hash of the video's id and the run's settings, and
// `finished` says to the microsecond when the mask was made: no mask of another run has both. Each video has a key of its own, so that
// two windows do not write over each other and a verdict costs the same in a page of ten thousand. The storage takes some 40,000.
const hashOf = (video) => video.name.slice(-16);
const storageKey = (video) => `${KEPT}${hashOf(video)} ${video.finished}`;

function isReview(found) {
  const isReasons = found && Array.isArray(found.reasons) && found.reasons.every((reason) => data.review.reasons.includes(reason));
  return Boolean(isReasons && VERDICTS.includes(found.verdict) && !Number.isNaN(Date.parse(found.reviewed)));
}

// Takes a review if it is one and the video has no later one. Returns whether it did.
function takeReview(video, found) {
  const known = reviewOf(video);
  if (!isReview(found) || (known && Date.parse(known.reviewed) >= Date.parse(found.reviewed))) return false;
  reviews.set(video.name, { verdict: found.verdict, reasons: found.reasons, reviewed: found.reviewed });
  return true;
}

function parseText(text) {
  try {
    return JSON.parse(text);
  } catch (error) {
    return null; // not written by such a page
  }
}

function parseKept(text) {
  const [verdict, reasons, reviewed] = parseText(text) || [];
  return { verdict, reasons, reviewed };
}

function keepReview(video) {
  const { verdict, reasons, reviewed } = reviewOf(video);
  try {
    localStorage.setItem(storageKey(video), JSON.stringify([verdict, reasons, reviewed]));
  } catch (error) {
    isUnsaved = true;
    tell(`This browser does not keep verdicts (${error.name}). Save review.json before you close the page.`);
  }
}

function readKept() {
  try {
    for (const video of data.videos) takeReview(video, parseKept(localStorage.getItem(storageKey(video))));
  } catch (error) {
    tell(`This browser keeps no verdicts (${error.name}). Save review.json before you close the page.`);
  }
}

// ---- verdicts
function putReview(video, verdict, reasons) {
  const known = reviewOf(video);
  const now = Math.max(Date.now(), known ? Date.parse(known.reviewed) + 1 : 0); // the last verdict is the latest, whatever the clock says
  reviews.set(video.name, { verdict, reasons, reviewed: new Date(now).toISOString() });
  keepReview(video);
  isGalleryOld = true;
  showVerdict(video);
}

function decide(video, verdict, reasons = []) {
  undoable.push([video, reviewOf(video)]);
  putReview(video, verdict, reasons);
}

function accept(video) {
  if (verdictOf(video) !== "accepted") decide(video, "accepted");
  if ($("video").hidden) marks.get(video.name).closest("li").nextElementSibling?.querySelector("a").focus();
  else goOn(video);
}

function reject(video) {
  if (verdictOf(video) !== "rejected") decide(video, "rejected");
}

function toggleReason(video, reason) {
  const known = verdictOf(video) === "rejected" ? reviewOf(video).reasons : [];
  decide(video, "rejected", data.review.reasons.filter((name) => (name === reason) !== known.includes(name)));
}

function undo() {
  const last = undoable.pop();
  if (!last) return tell("There is nothing to undo.");
  const [video, before] = last;
  putReview(video, before ? before.verdict : "withdrawn", before ? before.reasons : []);
  if ($("video").hidden) marks.get(video.name)?.closest("a").focus();
  else visit(addressOf(video));
}

// Opens the next video of the gallery's order that nobody has reviewed, from the one after `video` round to it.
function goOn(video) {
  const at = shown.indexOf(video) + 1;
  const next = [...shown.slice(at), ...shown.slice(0, at)].find(isOpen);
  if (next) visit(addressOf(next));
  else tell(`All ${nouns} that the gallery shows are reviewed.`);
}

// ---- keys and buttons
function findCurrent() {
  if (!$("video").hidden) return last;
  const card = document.activeElement.closest?.("#cards a");
  return card ? byName.get(decodeURIComponent(card.getAttribute("href").slice(3))) : null;
}

// Does what a key of the review asks for. Returns whether it is one; a key that is held down counts once.
function takeReviewKey(event) {
  const key = event.key.toLowerCase();
  const reason = data.review.reasons[Number(key) - 1];
  if (!["a", "r", "u", "n"].includes(key) && !reason) return false;
  if (event.repeat) return true;
  const video = findCurrent();
  if (key === "u") undo();
  else if (key === "n") goOn(video);
  else if (!video || video.status !== "ok") return false;
  else if (key === "a") accept(video);
  else if (key === "r") reject(video);
  else toggleReason(video, reason);
  return true;
}

function makeVerdicts(video) {
  const button = (text, key, press, properties) => make("button", { type: "button", onclick: press, "aria-keyshortcuts": key, ...properties }, `${text} `, make("kbd", {}, key));
  const toggle = (name, text, key, press) => button(text, key, press, { "data-name": name, "aria-pressed": "false" });
  const reasons = data.review.reasons.map((reason, i) => toggle(reason, reason, String(i + 1), () => toggleReason(video, reason)));
  const parts = [toggle("accepted", "✓ accept", "A", () => accept(video)), toggle("rejected", "✗ reject", "R", () => reject(video)), make("span", { class: "reasons" }, ...reasons), button("undo", "U", undo), button("next", "N", () => goOn(video), { title: `the next ${data.noun} that nobody has reviewed` })];
  const bar = make("div", { class: "verdicts", role: "group", "aria-label": "review" }, ...parts, make("output", { class: "soft", "aria-live": "polite" }));
  drawVerdict(bar, video);
  return bar;
}

function drawVerdict(bar, video) {
  const verdict = verdictOf(video);
  bar.dataset.verdict = verdict || "";
  const said = verdict ? [verdict, ...reviewOf(video).reasons] : [];
  for (const button of bar.querySelectorAll("[aria-pressed]")) button.setAttribute("aria-pressed", said.includes(button.dataset.name));
  bar.querySelector("output").textContent = describeCounts();
}

function makeMark(video) {
  const mark = make("span", { class: "mark" });
  marks.set(video.name, mark);
  drawMark(mark, video);
  return mark;
}

function drawMark(mark, video) {
  const verdict = verdictOf(video);
  mark.dataset.verdict = verdict || "";
  mark.textContent = verdict ? [`${verdict === "accepted" ? "✓" : "✗"} ${verdict}`, ...reviewOf(video).reasons].join(", ") : "";
  mark.hidden = !verdict;
}

// Shows the verdict on a video wherever it is to be seen.
function showVerdict(video) {
  const bar = document.querySelector("#video .verdicts");
  if (bar && last === video) drawVerdict(bar, video);
  if (marks.has(video.name)) drawMark(marks.get(video.name), video);
  if ($("video").hidden) showCounts();
}

// ---- the counter and the table
function countBands() {
  const bands = data.review.elsewhere.map(([videos, accepted, rejected]) => ({ videos, accepted, rejected }));
  for (const video of data.videos) {
    if (video.status !== "ok") continue;
    const band = bands[Math.min(NUM_BANDS - 1, Math.max(0, Math.floor(video.confidence * NUM_BANDS)))];
    band.videos += 1;
    if (verdictOf(video)) band[verdictOf(video)] += 1;
  }
  return bands;
}

const addBands = (bands) => Object.fromEntries(["videos", "accepted", "rejected"].map((key) => [key, sum(bands.map((band) => band[key]))]));

function describeCounts() {
  const { videos, accepted, rejected } = addBands(countBands());
  return `${accepted + rejected} of ${videos} reviewed: ${accepted} accepted, ${rejected} rejected`;
}

// The ends of the 95 % interval of a share, after Wilson (1927), or null if nothing was counted.
function estimateShareInterval(successes, trials) {
  if (!trials) return null;
  const square = QUANTILE ** 2, middle = successes + square / 2, total = trials + square;
  const half = QUANTILE * Math.sqrt((successes * (trials - successes)) / trials + square / 4);
  return [Math.max(0, (middle - half) / total), Math.min(1, (middle + half) / total)];
}

function showCounts() {
  $("review-counter").textContent = describeCounts();
  const bands = countBands();
  const row = (name, band) => {
    const trials = band.accepted + band.rejected, interval = estimateShareInterval(band.accepted, trials);
    const cells = [band.videos, trials, band.accepted, interval ? fixed(band.accepted / trials, 2) : "", interval ? interval.map((end) => fixed(end, 2)).join(" to ") : ""];
    return make("tr", { class: name === "all" && "total" }, make("td", {}, name), ...cells.map((cell) => make("td", {}, String(cell))));
  };
  const rows = bands.map((band, i) => band.videos && row(`${fixed(i / NUM_BANDS, 1)} to ${fixed((i + 1) / NUM_BANDS, 1)}`, band)).filter(Boolean);
  const head = ["confidence", nouns, "reviewed", "accepted", "share", "95 % interval"];
  const caption = `The interval (Wilson score) says where the share of a whole band probably lies, if those of its ${nouns} that were reviewed are a random choice: sort the gallery at random, and review as far as you like.`;
  $("bands").replaceChildren(make("div", { class: "wide" }, make("table", {}, make("tr", {}, ...head.map((name) => make("th", {}, name))), ...rows, row("all", addBands(bands)))), make("p", { class: "soft" }, caption));
}

// Shows the overview's part of the review, and chooses videos anew if they were chosen by their verdicts.
function showReview() {
  showCounts();
  if (isGalleryOld && $("reviewed").value !== "all") chooseVideos();
  isGalleryOld = false;
}

function tell(text) {
  $("review-note").textContent = text;
  const output = document.querySelector("#video .verdicts output");
  if (output) output.textContent = text;
}

// ---- review.json
function buildFile() {
  const known = data.videos.filter((video) => reviewOf(video));
  const lines = known.map((video) => JSON.stringify({ video_id: video.id, finished: video.finished, ...reviewOf(video) }));
  const head = JSON.stringify({ format: FORMAT, run: data.run, config_digest: data.digest }).slice(0, -1);
  return `${head},"reviews":[\n${lines.join(",\n")}\n]}\n`;
}

function saveFile() {
  const address = URL.createObjectURL(new Blob([buildFile()], { type: "application/json" }));
  make("a", { href: address, download: "review.json" }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60000);
  isUnsaved = false;
  tell(`Saved review.json with ${describeCounts()}. Next: ike-ray review RUN review.json`);
}

function takeFile(text) {
  const found = parseText(text);
  if (!found || found.format !== FORMAT || !Array.isArray(found.reviews)) return "This file is no review.json of such a page: nothing was taken from it.";
  const byId = new Map(data.videos.map((video) => [video.id, video]));
  const own = found.reviews.map((entry) => [entry && byId.get(entry.video_id), entry]).filter(([video, entry]) => video && video.status === "ok" && video.finished === entry.finished);
  const isOwn = found.config_digest === data.digest;
  const taken = isOwn ? own.filter(([video, entry]) => takeReview(video, entry)) : [];
  for (const [video] of taken) {
    keepReview(video);
    if (marks.has(video.name)) drawMark(marks.get(video.name), video);
  }
  isGalleryOld = true;
  showReview();
  const others = found.reviews.length - (isOwn ? own.length : 0);
  return `Took ${taken.length} of ${found.reviews.length} verdicts${others ? `; ${others} are about masks that this page does not have` : ""}.`;
}

// ---- the start
function startReview() {
  for (const [value, [text]] of Object.entries(CHOICES)) $("reviewed").append(make("option", { value }, text));
  $("reviewed").addEventListener("change", chooseVideos);
  $("review").hidden = !data.videos.some((video) => video.status === "ok");
  for (const video of data.videos) takeReview(video, video.review);
  readKept();
  $("review-start").addEventListener("click", () => goOn(null));
  $("review-save").addEventListener("click", saveFile);
  $("review-read").addEventListener("change", async (event) => {
    const file = event.target.files[0];
    if (file) tell(takeFile(await file.text()));
    event.target.value = "";
  });
  const byKey = new Map(data.videos.map((video) => [storageKey(video), video]));
  addEventListener("storage", ({ key, newValue }) => {
    const video = byKey.get(key); // another window of the same page gave a verdict
    if (video && takeReview(video, parseKept(newValue))) showVerdict(video);
  });
  addEventListener("beforeunload", (event) => isUnsaved && event.preventDefault());
}
