"use strict";
// The page of a run: everything that is shown comes from the JSON beside this script, and texts go in as text, never as HTML.
const data = JSON.parse(document.getElementById("data").textContent);
const byName = new Map(data.videos.map((video) => [video.name, video]));
const bySequence = new Map(data.videos.filter((video) => video.sequence).map((video) => [video.sequence, video]));
const $ = (id) => document.getElementById(id);
const STAGE_LABELS = { graph_network_iou: "graph and network", mask_iou: "this cycle and the last", confidence: "confidence" };
const CURVE_COLOURS = { graph_network_iou: "var(--graph)", mask_iou: "var(--network)", confidence: "var(--refine)" };
const nouns = `${data.noun}s`; // what the rows of this run are of
const CARDS_A_STEP = 60; // cards are made as the reader scrolls to them
const PLAY_MS = 160;
// The confidence of a video is a prediction of its J: below this, the mask is more likely wrong than right (docs/quality.md).
// Of images it was not measured where doubt begins.
const DOUBTFUL = data.noun === "video" ? 0.5 : 0;
const isStill = matchMedia("(prefers-reduced-motion: reduce)").matches;

function make(tag, properties = {}, ...children) {
  const isSvg = /^(svg|g|line|polyline|circle|rect|text|title|path)$/.test(tag);
  const node = isSvg ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
  for (const [key, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}
const fixed = (value, digits) => (value === null || value === undefined ? "–" : value.toFixed(digits));
const sum = (values) => values.reduce((total, value) => total + value, 0);
const mean = (values) => (values.length ? sum(values) / values.length : null);
const url = (kind, video) => {
  const path = `${kind}/${video.name}.${kind === "overlays" ? "mp4" : "jpg"}`;
  return data.carried ? data.carried[path] : path;
};
const addressOf = (video) => `#v=${encodeURIComponent(video.name)}`;
const has = (video, kind) => (video.pictures || []).includes(kind);
const metric = data.scores ? data.scores.metric : null;
const isDoubtful = (video) => video.status === "ok" && video.confidence < DOUBTFUL;
const group = (video) => (isDoubtful(video) ? "doubtful" : video.status);
const meter = (video) => make("i", { class: isDoubtful(video) ? "meter low" : "meter" }, make("i", { style: `width:${100 * video.confidence}%` }));
const score = (video) => (video.scores && metric in video.scores ? video.scores[metric] : null);
const duration = (seconds) => (seconds < 90 ? `${seconds.toFixed(1)} s` : seconds < 5400 ? `${(seconds / 60).toFixed(1)} min` : `${(seconds / 3600).toFixed(1)} h`);

// ---- the gallery
const ORDERS = {
  confidence: ["confidence, lowest first", (video) => [rank(video), video.confidence]],
  ...(metric ? { score: [`${metric}, lowest first`, (video) => [rank(video), score(video) ?? 2]], best: [`${metric}, highest first`, (video) => [2 - rank(video), -(score(video) ?? -1)]] } : {}),
  trusted: ["confidence, highest first", (video) => [2 - rank(video), -video.confidence]],
  id: ["name", (video) => [video.id]],
  frames: ["frames, most first", (video) => [-(video.frames || 0)]],
  seconds: ["time, longest first", (video) => [-video.seconds]],
  random: ["at random", (video) => [2 - rank(video), video.name.slice(-16)]], // the end of a name is a hash
};
const rank = (video) => ({ failed: 0, skipped: 1, ok: 2 })[video.status];
let shown = [];
let numMade = 0;

function compare(a, b) {
  for (let i = 0; i < a.length; i++) {
    if (a[i] < b[i]) return -1;
    if (a[i] > b[i]) return 1;
  }
  return 0;
}

function chooseVideos() {
  const words = $("search").value.toLowerCase().split(/\s+/).filter(Boolean);
  const statuses = new Set([...$("statuses").querySelectorAll("input:checked")].map((box) => box.value));
  const key = ORDERS[$("order").value][1];
  const texts = (video) => `${video.id} ${group(video)} ${video.error_type || ""} ${video.error_message || ""} ${video.warning || ""} ${describeVerdict(video)}`.toLowerCase();
  shown = data.videos.filter((video) => statuses.has(group(video)) && isChosenByVerdict(video) && (!words.length || words.every((word) => texts(video).includes(word))));
  const keyed = shown.map((video) => [[...key(video), video.id], video]);
  shown = keyed.sort((a, b) => compare(a[0], b[0])).map((pair) => pair[1]);
  $("cards").replaceChildren();
  numMade = 0;
  makeCards();
  const total = sum(Object.values(data.counts));
  const inPage = data.videos.length < total ? ` (the page has ${data.videos.length}: failures, then the least confident)` : "";
  $("found").textContent = `${shown.length} of ${total} ${nouns}${inPage}`;
}

function makeCards() {
  const next = shown.slice(numMade, numMade + CARDS_A_STEP);
  $("cards").append(...next.map((video) => make("li", {}, makeCard(video))));
  numMade += next.length;
  $("more").textContent = numMade < shown.length ? "more below" : shown.length ? "" : "Nothing here: shorten the search, or tick more boxes.";
}

function makeCard(video) {
  const words = [];
  if (video.status === "ok") {
    if (score(video) !== null) words.push(make("span", {}, `${metric} ${fixed(score(video), 3)}`));
    words.push(make("span", { title: "confidence, found without the truth" }, meter(video), `${isDoubtful(video) ? "doubtful " : ""}${fixed(video.confidence, 2)}`));
    if (video.frames > 1 || data.noun === "video") words.push(make("span", {}, `${video.frames} frames`));
    if (video.warning) words.push(make("span", { class: "warning bad" }, video.warning));
    words.push(makeMark(video));
  } else words.push(make("span", { class: "bad" }, `${video.status}: ${video.error_message || video.error_type}`));
  const card = make("a", { class: "card", href: addressOf(video) }, makeThumb(video), make("div", { class: "caption" }, make("b", { title: video.id }, video.id), make("div", { class: "words" }, ...words)));
  if (has(video, "strips")) playOver(card, card.querySelector("img"), video.tiles.length);
  return card;
}

function makeThumb(video) {
  if (!has(video, "strips")) return make("div", { class: "thumb none" }, video.status === "ok" ? "no picture" : video.error_type || video.status);
  const image = make("img", { loading: "lazy", alt: `frames of ${video.id}, the object tinted`, src: url("strips", video), style: `aspect-ratio:${video.aspect}` });
  showTile(image, Math.floor(video.tiles.length / 2), video.tiles.length);
  return make("div", { class: "thumb" }, image);
}

const percent = (position, count) => (count > 1 ? (100 * position) / (count - 1) : 0);
const showTile = (image, position, count) => (image.style.objectPosition = `${percent(position, count)}% 0`);

function playOver(card, image, count) {
  let timer = null;
  const start = () => {
    let position = 0;
    if (!isStill) timer ??= setInterval(() => showTile(image, position++ % count, count), PLAY_MS);
  };
  const stop = () => {
    clearInterval(timer);
    timer = null;
    showTile(image, Math.floor(count / 2), count);
  };
  card.addEventListener("pointerenter", start);
  card.addEventListener("focus", start);
  card.addEventListener("pointerleave", stop);
  card.addEventListener("blur", stop);
}

// ---- plots, all drawn in a box of 320 x 130 with 10 and 20 around
const WIDTH = 320, HEIGHT = 130;
const plot = (label, ...children) => make("svg", { viewBox: `-34 -8 ${WIDTH + 50} ${HEIGHT + 32}`, role: "img", "aria-label": label }, ...children);
const line = (x1, y1, x2, y2) => make("line", { x1, y1, x2, y2, class: "axis" });
const label = (x, y, text, anchor = "middle") => make("text", { x, y, "text-anchor": anchor }, text);
const unitAxis = () => [line(0, HEIGHT, WIDTH, HEIGHT), line(0, 0, WIDTH, 0), line(0, HEIGHT / 2, WIDTH, HEIGHT / 2), label(-6, HEIGHT + 4, "0", "end"), label(-6, HEIGHT / 2 + 4, "0.5", "end"), label(-6, 4, "1", "end")];
const key = (colour, text) => make("span", { class: "key" }, make("i", { style: `background:${colour}` }), text);

const markDoubt = () => DOUBTFUL && make("line", { x1: DOUBTFUL * WIDTH, x2: DOUBTFUL * WIDTH, y1: 0, y2: HEIGHT, class: "doubt" });

function drawHistogram(values, title, caption, mark) {
  const counts = Array(20).fill(0);
  for (const value of values) counts[Math.min(19, Math.max(0, Math.floor(value * 20)))]++;
  const most = Math.max(1, ...counts);
  const bars = counts.map((count, bin) => {
    const height = (HEIGHT * count) / most;
    const bar = make("rect", { x: (bin * WIDTH) / 20 + 1, y: HEIGHT - height, width: WIDTH / 20 - 2, height, rx: 2, fill: "var(--graph)" });
    bar.append(make("title", {}, `${fixed(bin / 20, 2)} to ${fixed((bin + 1) / 20, 2)}: ${count}`));
    return bar;
  });
  const axis = [line(0, HEIGHT, WIDTH, HEIGHT), ...[0, 0.25, 0.5, 0.75, 1].map((x) => label(x * WIDTH, HEIGHT + 16, String(x))), label(-6, 6, String(most), "end")];
  return make("figure", {}, make("h3", {}, title), plot(title, ...axis, mark || null, ...bars), make("figcaption", {}, caption));
}

function drawScatter(videos) {
  const dots = videos.map((video) => {
    const link = document.createElementNS("http://www.w3.org/2000/svg", "a");
    link.setAttribute("href", addressOf(video));
    link.append(make("circle", { cx: video.confidence * WIDTH, cy: (1 - score(video)) * HEIGHT, r: 4.5, fill: "var(--graph)", "fill-opacity": 0.7 }, make("title", {}, `${video.id}: ${metric} ${fixed(score(video), 3)}, confidence ${fixed(video.confidence, 2)}`)));
    return link;
  });
  const title = `${metric} and confidence`;
  const axis = [...unitAxis(), ...[0, 0.5, 1].map((x) => label(x * WIDTH, HEIGHT + 16, String(x)))];
  const doubt = DOUBTFUL ? "; left of the dashed line it is doubtful" : "";
  return make("figure", {}, make("h3", {}, title), plot(title, ...axis, ...dots, markDoubt() || null), make("figcaption", {}, `Each ${data.noun}, ${metric} upwards, confidence to the right${doubt}. A dot leads to its ${data.noun}.`));
}

function drawCurves(curves, title, caption, marker) {
  curves = curves.filter((curve) => curve.values.some((value) => value !== null));
  const lines = curves.flatMap(({ values, colour, name }) => {
    const points = values.map((value, i) => [values.length > 1 ? (i * WIDTH) / (values.length - 1) : WIDTH / 2, value]).filter((point) => point[1] !== null);
    const path = points.map(([x, value]) => `${x.toFixed(1)},${((1 - value) * HEIGHT).toFixed(1)}`).join(" ");
    const dots = values.length > 30 ? [] : points.map(([x, value]) => make("circle", { cx: x, cy: (1 - value) * HEIGHT, r: 3, fill: colour }, make("title", {}, `${name}: ${fixed(value, 2)}`)));
    return [make("polyline", { points: path, fill: "none", stroke: colour, "stroke-width": 2 }), ...dots];
  });
  const keys = curves.map((curve) => key(curve.colour, curve.name));
  return make("figure", {}, make("h3", {}, title), plot(title, ...unitAxis(), ...lines, marker || null), make("div", {}, ...keys), make("figcaption", {}, caption));
}

const list = (facts) => make("dl", {}, ...facts.flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, String(value))]));

function drawStages(stages, profile, title) {
  const total = sum(data.stages.map((stage) => stages[stage])) || 1;
  const stack = make("div", { class: "stack", role: "img", "aria-label": "share of each stage" }, ...data.stages.map((stage) => make("i", { style: `width:${(100 * stages[stage]) / total}%;background:var(--${stage})`, title: `${stage} ${fixed(stages[stage], 1)} s` })));
  const peaks = Object.fromEntries((profile || []).map((entry) => [entry.stage, entry]));
  const hasGpu = (profile || []).some((entry) => entry.gpu_peak_mb !== null);
  const head = ["stage", "s", "share", ...(profile ? ["CPU s", "peak MB"] : []), ...(hasGpu ? ["GPU MB"] : [])];
  const rows = data.stages.map((stage) => {
    const own = peaks[stage];
    const cells = [fixed(stages[stage], 1), `${fixed((100 * stages[stage]) / total, 0)} %`, ...(profile ? [fixed(own?.cpu_s, 1), fixed(own?.peak_mb, 0)] : []), ...(hasGpu ? [fixed(own?.gpu_peak_mb, 0)] : [])];
    return make("tr", {}, make("td", {}, key(`var(--${stage})`, stage)), ...cells.map((cell) => make("td", {}, cell)));
  });
  const caption = profile ? "CPU: processor time of all threads of a worker. Peak: the most memory of its process, with what earlier stages left." : data.noun === "video" ? "ike-ray segment --profile adds processor time and peak memory." : "";
  return make("figure", {}, make("h3", {}, title), stack, make("div", { class: "wide" }, make("table", {}, make("tr", {}, ...head.map((name) => make("th", {}, name))), ...rows)), make("figcaption", {}, caption));
}

function sumProfiles(videos) {
  const entries = videos.flatMap((video) => video.profile || []);
  if (!entries.length) return null;
  return data.stages.map((stage) => {
    const own = entries.filter((entry) => entry.stage === stage);
    const gpu = own.map((entry) => entry.gpu_peak_mb).filter((value) => value !== null);
    return { stage, cpu_s: sum(own.map((entry) => entry.cpu_s)), peak_mb: Math.max(...own.map((entry) => entry.peak_mb)), gpu_peak_mb: gpu.length ? Math.max(...gpu) : null };
  });
}

// ---- the overview
function drawOverview() {
  $("origin").textContent = `${data.input} · settings ${data.digest} · ike_ray ${data.version} · begun ${data.written.replace("T", " ").replace(/:\d\d\+00:00$/, " UTC")}`;
  const good = data.videos.filter((video) => video.status === "ok");
  const frames = sum(good.map((video) => video.frames)), seconds = sum(data.videos.map((video) => video.seconds));
  const doubtful = good.filter(isDoubtful).length;
  const remaining = data.remaining ? [[data.remaining, "not done yet"]] : [];
  const facts = [[data.counts.ok, "segmented"], ...(DOUBTFUL ? [[doubtful, "of them doubtful"]] : []), [data.counts.failed, "failed"], [data.counts.skipped, "skipped"], ...remaining, [frames.toLocaleString("en"), "frames"], [fixed(seconds ? frames / seconds : 0, 2), "frames a second and worker"], ...(data.scores ? data.scores.facts : [])];
  $("facts").append(...facts.map(([value, name]) => make("li", {}, make("b", {}, String(value)), name)));
  const segmented = DOUBTFUL ? { ok: ["confident", data.counts.ok - doubtful], doubtful: ["doubtful", doubtful] } : { ok: ["segmented", data.counts.ok] };
  const groups = { ...segmented, failed: ["failed", data.counts.failed], skipped: ["skipped", data.counts.skipped] };
  for (const [value, [name, count]] of Object.entries(groups))
    $("statuses").append(make("label", {}, make("input", { type: "checkbox", value, checked: true, onchange: chooseVideos }), `${name} (${count})`));
  $("hint").hidden = !good.length;
  $("order").append(...Object.entries(ORDERS).map(([value, [text]]) => make("option", { value }, text)));
  $("order").addEventListener("change", chooseVideos);
  $("search").addEventListener("input", chooseVideos);
  startReview();
  $("tools").addEventListener("submit", (event) => event.preventDefault());
  new IntersectionObserver((entries) => entries.some((entry) => entry.isIntersecting) && numMade < shown.length && makeCards(), { rootMargin: "800px" }).observe($("more"));
  drawFailures();
  drawPlots(good);
  drawScores();
  drawClusters();
  $("settings").textContent = data.settings;
}

function drawFailures() {
  const bad = data.videos.filter((video) => video.status !== "ok");
  if (!bad.length) return;
  const reasons = new Map();
  for (const video of bad) {
    const reason = `${video.status}: ${video.error_type || ""}`;
    reasons.set(reason, [...(reasons.get(reason) || []), video]);
  }
  const rows = [...reasons].sort((a, b) => b[1].length - a[1].length).map(([reason, videos]) => make("tr", {}, make("td", {}, reason), make("td", {}, String(videos.length)), make("td", { class: "text" }, make("a", { href: addressOf(videos[0]) }, videos[0].id), `: ${videos[0].error_message || ""}`)));
  $("failures").append(make("div", { class: "wide" }, make("table", {}, make("tr", {}, make("th", {}, "reason"), make("th", {}, nouns), make("th", { class: "text" }, "for example")), ...rows)));
  $("failures").hidden = false;
}

function drawPlots(good) {
  const place = $("plots").querySelector(".plots");
  if (!good.length) return void ($("plots").hidden = true);
  const scored = good.filter((video) => score(video) !== null);
  if (scored.length) place.append(drawScatter(scored), drawHistogram(scored.map(score), `${metric} of ${nouns}`, `How many ${nouns} have which score.`));
  const meaning = DOUBTFUL ? "Predicted without the truth: the overlap of masks with it, from how far they agree with motion, with the motion network and with what stands out, how far they follow the flow, and how clear it is what belongs to the object. Left of the dashed line: doubtful." : data.noun === "video" ? "Found without the truth: how far masks that were found in different ways agree." : "Found without the truth: how far the mask is one part, and off the image's border.";
  place.append(drawHistogram(good.map((video) => video.confidence), `Confidence of ${nouns}`, meaning, markDoubt()));
  const longest = Math.max(...good.map((video) => video.history.graph_network_iou.length));
  const curves = Object.entries(STAGE_LABELS).map(([name, text]) => ({ name: text, colour: CURVE_COLOURS[name], values: Array.from({ length: longest }, (_, i) => mean(good.map((video) => video.history[name][i]).filter((value) => value !== null && value !== undefined))) }));
  if (longest > 1) place.append(drawCurves(curves, "Cycles", "Mean overlap of masks, and confidence, from cycle to cycle and window to window, over the videos that have so many."));
  const stages = Object.fromEntries(data.stages.map((stage) => [stage, sum(good.map((video) => video.stages[stage]))]));
  place.append(drawStages(stages, sumProfiles(good), "Where the time went"));
}

function drawScores() {
  if (!data.scores) return;
  const place = $("scores");
  place.hidden = false;
  place.append(make("p", { class: "soft" }, data.scores.caption));
  for (const table of data.scores.tables) {
    const rows = table.rows.map((row) => make("tr", { class: row.total && "total" }, ...row.cells.map((cell, i) => make("td", { class: table.text.includes(i) && "text" }, i === 0 && bySequence.has(row.sequence) ? make("a", { href: addressOf(bySequence.get(row.sequence)) }, cell) : cell))));
    place.append(make("h3", {}, table.title), make("div", { class: "wide" }, make("table", {}, make("tr", {}, ...table.head.map((name, i) => make("th", { class: table.text.includes(i) && "text" }, name))), ...rows)));
  }
}

// ---- clusters of regions
function drawClusters() {
  if (!data.clusters) return;
  const sheet = (path) => (data.carried ? data.carried[path] : path);
  const counts = (own) => `${own.regions} regions of ${own.videos} ${data.noun}s`;
  const picture = (own) => own.sheet && make("a", { href: sheet(own.sheet) }, make("img", { src: sheet(own.sheet), loading: "lazy", alt: `regions nearest to the middle of ${own.name}` }));
  const figures = data.clusters.clusters.map((own) => make("figure", {}, make("h3", {}, `${own.label} · ${own.name}`), picture(own), make("figcaption", {}, counts(own))));
  $("clusters").append(make("p", { class: "soft" }, data.clusters.caption), make("div", { class: "sheets" }, ...figures));
  $("clusters").hidden = false;
}

// ---- the page of a video
let player = null;

function openVideo(video) {
  const page = $("video");
  page.replaceChildren(makeBar(video));
  if (video.status !== "ok") page.append(make("p", { class: "message" }, `${video.error_type || video.status}: ${video.error_message || ""}`), makeFacts(video));
  else {
    if (video.warning) page.append(make("p", { class: "message" }, video.warning));
    if (isDoubtful(video)) page.append(make("p", { class: "message doubt" }, `Doubtful: confidence ${fixed(video.confidence, 2)}. Masks disagree with what moves or stands out, they do not follow the flow, or it is not clear what belongs to the object. Look at it before you use it.`));
    page.append(...makeLooks(video), makeNumbers(video));
    if (has(video, "overlays")) page.append(make("h2", {}, "All frames"), make("video", { controls: true, preload: "none", src: url("overlays", video), "aria-label": `overlay of ${video.id}` }));
    page.append(makeVerdicts(video));
  }
  document.title = `${video.id} · ${data.run}`;
  $("overview").hidden = true;
  page.hidden = false;
  scrollTo(0, 0);
  (page.querySelector(".slider input") || page.querySelector("a")).focus({ preventScroll: true });
}

function makeBar(video) {
  const at = shown.indexOf(video);
  const step = (by) => shown[(at + by + shown.length) % shown.length];
  const link = (text, target, name) => make("a", { href: addressOf(target), class: "step", "data-step": name }, text);
  return make("div", { class: "bar" }, make("a", { href: "#", class: "back" }, `← all ${nouns}`), make("h1", {}, video.id), ...(at >= 0 && shown.length > 1 ? [link("previous", step(-1), "previous"), make("span", { class: "soft" }, `${at + 1} of ${shown.length}`), link("next", step(1), "next")] : []));
}

function listLooks(video) {
  const looks = [];
  const strip = (kind, name) => has(video, kind) && looks.push({ name, source: url(kind, video), row: 0, rows: 1 });
  strip("strips", "mask");
  strip("truth", "truth");
  if (has(video, "layers")) data.layers.forEach((name, row) => looks.push({ name, source: url("layers", video), row, rows: data.layers.length }));
  return looks;
}

function makeLooks(video) {
  const looks = listLooks(video);
  if (!looks.length) return [make("p", { class: "soft" }, `The pictures of this ${data.noun} are not beside the page: strips/ and layers/ of the run.`)];
  const count = video.tiles.length;
  let chosen = 0, position = Math.floor(count / 2);
  const pixels = (look) => make("span", { class: "pixels", style: `aspect-ratio:${video.aspect};background-image:url("${look.source}");background-size:${100 * count}% ${100 * look.rows}%` });
  const large = make("div", { class: "look" });
  const small = looks.map((look, i) => make("button", { class: "look", type: "button", onclick: () => ((chosen = i), draw()) }, pixels(look), make("span", {}, look.name)));
  const slider = make("input", { type: "range", min: 0, max: count - 1, value: position, "aria-label": "frame", oninput: () => ((position = Number(slider.value)), draw()) });
  const output = make("output", {});
  const button = make("button", { type: "button", onclick: () => (player ? stopPlaying() : play()) }, "▶ play");
  const place = (node, look) => (node.style.backgroundPosition = `${percent(position, count)}% ${percent(look.row, look.rows)}%`);
  function draw() {
    slider.value = position;
    large.replaceChildren(pixels(looks[chosen]), make("span", {}, looks[chosen].name));
    large.firstChild.style.maxWidth = `${78 * video.aspect}vh`; // so that a tall video fits
    place(large.firstChild, looks[chosen]);
    small.forEach((node, i) => (place(node.firstChild, looks[i]), node.setAttribute("aria-pressed", i === chosen)));
    const at = (video.tiles[position] - video.span[0]) / Math.max(1, video.span[1] - video.span[0]);
    const value = (curve) => (curve && curve.length ? curve[Math.min(curve.length - 1, Math.floor(at * curve.length))] : null);
    const own = [["confidence", value(video.confidences)], ...(video.frame_scores?.length ? [[metric, value(video.frame_scores)]] : [])];
    output.textContent = [`frame ${video.tiles[position]}${video.fps ? `, ${fixed(video.tiles[position] / video.fps, 2)} s` : ""}`, ...own.map(([name, number]) => `${name} ${fixed(number, 2)}`)].join(" · ");
    slider.setAttribute("aria-valuetext", output.textContent);
    for (const mark of document.querySelectorAll("#video .marker")) mark.setAttribute("transform", `translate(${at * WIDTH} 0)`);
  }
  function play() {
    button.textContent = "❚❚ stop";
    player = setInterval(() => ((position = (position + 1) % count), draw()), 2 * PLAY_MS);
  }
  function stopPlaying() {
    clearInterval(player);
    player = null;
    button.textContent = "▶ play";
  }
  makeLooks.toggle = () => button.click();
  requestAnimationFrame(draw);
  const isTall = video.aspect < 1;
  return [make("div", { class: isTall ? "looks tall" : "looks" }, make("div", {}, large, make("div", { class: "slider" }, ...(count > 1 ? [button, slider] : []), output)), make("div", { class: "small" }, ...small))];
}

function makeNumbers(video) {
  const marker = make("g", { class: "marker" }, make("line", { x1: 0, x2: 0, y1: 0, y2: HEIGHT, stroke: "var(--ink)", "stroke-dasharray": "3 3" }));
  const overFrames = [{ name: "confidence", colour: CURVE_COLOURS.confidence, values: video.confidences }];
  if (video.frame_scores?.length) overFrames.unshift({ name: metric, colour: "var(--flow)", values: video.frame_scores });
  const cycles = Object.entries(STAGE_LABELS).map(([name, text]) => ({ name: text, colour: CURVE_COLOURS[name], values: video.history[name] }));
  const history = cycles[0].values.length > 1 ? [drawCurves(cycles, "Over the cycles", "Overlap of masks from cycle to cycle, window after window.")] : [];
  const frames = video.frames > 1 || data.noun === "video" ? [drawCurves(overFrames, "Over the frames", "From the first frame to the last; the dashed line is the frame above.", marker)] : [];
  return make("div", {}, make("h2", {}, "Numbers"), make("div", { class: "plots" }, ...frames, ...history, drawStages(video.stages, video.profile, `Time: ${duration(video.seconds)}`), makeFacts(video)));
}

function makeFacts(video) {
  const scores = Object.entries(video.scores || {}).map(([name, value]) => [name, fixed(value, 3)]);
  const facts = [["status", video.status], ...scores, ["confidence", `${fixed(video.confidence, 3)}${isDoubtful(video) ? ", doubtful" : ""}`], ["graph and network overlap", video.history?.graph_network_iou.length === 1 ? fixed(video.history.graph_network_iou[0], 2) : null], ["frames", video.frames], ["size", video.width ? `${video.width} × ${video.height}` : null], ["frames a second", video.fps ? fixed(video.fps, 2) : null], ["shots, windows, cycles", video.shots ? `${video.shots}, ${video.windows}, ${video.cycles}${video.cycles && video.converged ? ", converged" : ""}` : null], ["object's share", video.area !== undefined ? `${fixed(100 * video.area, 1)} %` : null], ["took", duration(video.seconds)], ["on", `${video.host}, ${video.device}`], ["finished", video.finished.slice(0, 19)]];
  return make("figure", {}, make("h3", {}, "Facts"), list(facts.filter(([, value]) => value !== null && value !== undefined && value !== "–")), make("figcaption", {}, video.uri));
}

// ---- where we are, and the keyboard
let last = null;
function route() {
  clearInterval(player);
  player = null;
  const video = location.hash.startsWith("#v=") ? byName.get(decodeURIComponent(location.hash.slice(3))) : null;
  if (video) return void ((last = video), openVideo(video));
  $("video").hidden = true;
  $("video").replaceChildren();
  $("overview").hidden = false;
  showReview();
  document.title = `${data.run} · ike_ray`;
  if (last) [...$("cards").querySelectorAll("a")].find((card) => card.getAttribute("href") === addressOf(last))?.focus();
}

// Goes to an address of this page at once, as a click does only later: the next key is then about the video that is seen.
function visit(address) {
  history.pushState(null, "", address);
  route();
}

function moveFocus(key) {
  const cards = [...$("cards").querySelectorAll("a")];
  const at = cards.indexOf(document.activeElement);
  if (at < 0) return false;
  const columns = getComputedStyle($("cards")).gridTemplateColumns.split(" ").length;
  const to = at + { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns }[key];
  if (cards[to]) cards[to].focus();
  return true;
}

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const isTyping = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName) && event.target.type !== "range" && event.target.type !== "checkbox";
  if (!isTyping && takeReviewKey(event)) return void event.preventDefault();
  if ($("video").hidden) {
    if (event.key === "/" && !isTyping) $("search").focus();
    else if (isTyping || !event.key.startsWith("Arrow") || !moveFocus(event.key)) return;
    return void event.preventDefault();
  }
  const slider = document.querySelector("#video .slider input");
  const step = (by) => slider && ((slider.value = Number(slider.value) + by), slider.dispatchEvent(new Event("input")));
  const follow = (name) => {
    const link = document.querySelector(`#video [data-step=${name}]`);
    if (link) visit(link.getAttribute("href"));
  };
  if (event.key === "Escape") visit("#");
  else if (event.key === "ArrowLeft") step(-1);
  else if (event.key === "ArrowRight") step(1);
  else if (event.key === "j" || event.key === "J") follow("next");
  else if (event.key === "k" || event.key === "K") follow("previous");
  else if (event.key === " " && event.target.tagName !== "BUTTON" && event.target.tagName !== "VIDEO" && slider) makeLooks.toggle();
  else return;
  event.preventDefault();
});

drawOverview();
chooseVideos();
addEventListener("hashchange", route);
route();
