// What a reader's browser sees. pages.sh gives PLAN: {"base", "chromium", "pages": [[name, path, status]], "hostile": [...], "marks": [...], "active": [paths], "shots"}.
// One line a promise on standard output: "ok<TAB>name" or "no<TAB>name<TAB>what was seen".
"use strict";
const fs = require("fs");
const { chromium } = require("playwright-core");
const axeSource = fs.readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const plan = JSON.parse(fs.readFileSync(process.argv[2], "utf8"));

const say = (good, name, seen) => process.stdout.write((good ? "ok\t" + name : "no\t" + name + "\t" + String(seen).replace(/\s+/g, " ").slice(0, 900)) + "\n");
const none = (list, name) => say(list.length === 0, name, list.slice(0, 4).join(" | "));

// Watch a page: what it loads from elsewhere, what it complains of, what it pops up.
function watch(page, faults) {
	page.on("request", (r) => { if (!r.url().startsWith(plan.base + "/") && !r.url().startsWith("data:")) faults.push("loads " + r.url()); });
	// The browser notes the status of a page that is meant to be a fault; everything else counts.
	page.on("console", (m) => { if ((m.type() === "error" || m.type() === "warning") && !/the server responded with a status of 4\d\d/.test(m.text())) faults.push("console: " + m.text()); });
	page.on("pageerror", (e) => faults.push("script: " + e.message));
	page.on("dialog", (d) => { faults.push("dialog: " + d.message()); d.dismiss().catch(() => {}); });
}

async function looks(browser) {
	for (const width of [360, 1280]) for (const lang of ["en", "ja"]) for (const scheme of ["light", "dark"]) {
		const how = `${width} px, ${lang}, ${scheme}`;
		const context = await browser.newContext({ viewport: { width, height: 900 }, locale: lang, colorScheme: scheme });
		const page = await context.newPage(), faults = [], rules = [], wide = [], wrong = [];
		watch(page, faults);
		for (const [name, path, status] of plan.pages) {
			const answer = await page.goto(plan.base + path);
			if (answer.status() !== status) wrong.push(`${name} answered ${answer.status()}`);
			if (await page.getAttribute("html", "lang") !== lang) wrong.push(`${name} is not in ${lang}`);
			await page.evaluate(axeSource);
			const found = await page.evaluate(() => axe.run());
			for (const v of found.violations) rules.push(`${name}: ${v.id}: ${v.nodes[0].html}: ${v.nodes[0].failureSummary}`);
			if (found.passes.length < 10) rules.push(`${name}: axe looked at nothing`);
			const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
			if (over > 0) wide.push(`${name} by ${over}`);
			if (plan.shots && (scheme === "light" || lang === "ja")) await page.screenshot({ path: `${plan.shots}/${name}-${width}-${lang}-${scheme}.png`, fullPage: true });
		}
		none(wrong, `every page answers in the reader's language: ${how}`);
		none(rules, `axe finds nothing on ${plan.pages.length} pages: ${how}`);
		none(wide, `no page is wider than the screen: ${how}`);
		none(faults, `nothing is loaded from elsewhere, the console stays empty: ${how}`);
		await context.close();
	}
}

// The keyboard, and what has to work with scripts switched off.
async function hands(browser) {
	const record = plan.pages.find((p) => p[0] === "tables")[1];
	for (const script of [true, false]) {
		const context = await browser.newContext({ viewport: { width: 360, height: 800 }, locale: "en", javaScriptEnabled: script });
		const page = await context.newPage(), how = script ? "with scripts" : "without scripts";
		await page.goto(plan.base + "/");
		await page.fill("#q", "weather");
		await page.press("#q", "Enter");
		await page.waitForURL(/\/search\?q=weather/);
		say(await page.locator(".hits > li").count() > 0, `the search box searches, ${how}`, await page.content());
		say(!await page.locator(".facets li").first().isVisible(), `the facets are a closed drawer on a phone, ${how}`);
		await page.click("details.drawer > summary");
		say(await page.locator(".facets li").first().isVisible(), `the drawer opens, ${how}`);
		await page.locator(".facets li a").first().click();
		await page.waitForURL(/type=/);
		say(await page.locator(".chosen a").count() === 1, `a facet narrows the search, ${how}`, page.url());
		await page.locator(".chosen a").click();
		await page.waitForURL((u) => !/type=/.test(u.href));
		say(await page.locator(".chosen a").count() === 0, `and can be taken back, ${how}`, page.url());
		await page.setViewportSize({ width: 1280, height: 900 });
		say(await page.locator(".facets li").first().isVisible(), `on a wide screen the facets stand open, ${how}`);
		await page.goto(plan.base + record);
		say(!await page.locator(".panel.python").isVisible(), `one tab is shown at a time, ${how}`);
		await page.locator('label[for="use-python"]').click();
		say(await page.locator(".panel.python").isVisible() && !await page.locator(".panel.shell").isVisible(), `tabs change on a click, ${how}`);
		await page.locator("#use-python").press("ArrowLeft");
		say(await page.locator(".panel.shell").isVisible(), `and with the arrow keys, ${how}`);
		say(await page.locator("button.copy").count() > 0 === script, `copy buttons are there only where they work, ${how}`);
		await context.close();
	}
	const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: "en" });
	const page = await context.newPage(), dull = [];
	await page.goto(plan.base + record);
	await page.keyboard.press("Tab");
	say(await page.evaluate(() => document.activeElement.className === "skip" && document.activeElement.getBoundingClientRect().left >= 0), "the first stop of the keyboard is the link to the content");
	for (let i = 0; i < 25; i++) {
		await page.keyboard.press("Tab");
		const mark = await page.evaluate(() => {
			const e = document.activeElement, own = getComputedStyle(e), label = e.labels && e.labels[0] && getComputedStyle(e.labels[0]);
			return [e.outerHTML.slice(0, 80), own.outlineStyle !== "none" && parseFloat(own.outlineWidth) >= 2 || (label && label.outlineStyle !== "none")];
		});
		if (!mark[1]) dull.push(mark[0]);
	}
	none(dull, "what has the focus shows it");
	await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: plan.base });
	await page.locator("button.copy").first().click();
	say((await page.evaluate(() => navigator.clipboard.readText())) === (await page.locator(".cite").innerText()).trim(), "the copy button copies the citation");
	await context.close();

	const sizes = await browser.newContext({ locale: "en" }), first = await sizes.newPage();
	let bytes = 0;
	first.on("response", async (r) => { bytes += (await r.body().catch(() => Buffer.alloc(0))).length; });
	await first.goto(plan.base + "/", { waitUntil: "networkidle" });
	say(bytes > 1000 && bytes < 50000, "the first page with all it needs is below 50 kB", bytes);
	await sizes.close();
}

// Hostile text. The content policy is switched off here, so that what got into the markup would really run.
async function hostile(browser) {
	const context = await browser.newContext({ locale: "en", bypassCSP: true });
	const page = await context.newPage(), faults = [], changed = [], inert = [];
	watch(page, faults);
	await page.exposeFunction("alert", (m) => faults.push("alert " + m));
	const look = async (where) => {
		const seen = await page.evaluate(() => ({
			ran: !!window.pwned,
			extra: document.querySelectorAll("main script, main iframe, main object, main embed, main img, main link, main style, main base, main meta, main marquee, main svg:not(.hist):not(.bar)," +
				" main form:not(.search):not(.values > form), body > script").length,
			handlers: [...document.querySelectorAll("*")].filter((e) => [...e.attributes].some((a) => /^on/i.test(a.name))).length,
			links: [...document.querySelectorAll("[href],[src],[action]")].map((e) => (e.getAttribute("href") || e.getAttribute("src") || e.getAttribute("action") || "").trim().toLowerCase())
				.filter((u) => !/^(https?:\/\/|\/(?!\/)|#|mailto:)/.test(u)),
		}));
		if (seen.ran || seen.extra || seen.handlers || seen.links.length) inert.push(where + ": " + JSON.stringify(seen));
	};
	for (const { id, text } of plan.hostile) {
		for (const lang of ["en", "ja"]) {
			await page.goto(`${plan.base}/records/${id}?lang=${lang}`);
			await look("landing of " + text);
			const h1 = await page.locator("h1").textContent();
			// The parser of HTML itself turns CR into LF; nothing else may change.
			if (h1 !== text.replace(/\r\n?/g, "\n")) changed.push(JSON.stringify(h1) + " for " + JSON.stringify(text));
		}
	}
	none(changed, `${plan.hostile.length} hostile titles are shown as they are`);
	for (const { text } of plan.hostile) {
		await page.goto(`${plan.base}/search?q=${encodeURIComponent(text)}`);
		await look("search for " + text);
		await page.goto(`${plan.base}/search?type=${encodeURIComponent(text)}&subject=${encodeURIComponent(text)}&sort=${encodeURIComponent(text)}`);
		await look("facet " + text);
		await page.goto(`${plan.base}/records/${encodeURIComponent(text)}?lang=${encodeURIComponent(text)}&after=${encodeURIComponent(text)}`);
		await look("address " + text);
	}
	for (const path of ["/", "/search?sort=newest&size=100", ...plan.marks]) {
		await page.goto(plan.base + path);
		await look(path);
	}
	none(inert, "hostile text becomes no element, no handler and no address, in records, searches, facets and faults");
	none(faults.filter((f) => !f.startsWith("console")), "no script of a depositor ran, with the content policy switched off");
	await context.close();
}

// Uploaded pages and pictures with scripts, opened directly. The disposition is taken away, as if a browser ignored it: the sandbox has to hold alone.
async function active(browser) {
	const context = await browser.newContext({ locale: "en" }), faults = [], got = [];
	let shown = 0;
	const page = await context.newPage();
	page.on("dialog", (d) => { faults.push("dialog " + d.message()); d.dismiss().catch(() => {}); });
	await page.route("**/files/**", async (route) => {
		const answer = await route.fetch(), headers = { ...answer.headers() };
		got.push({ ...headers });
		delete headers["content-disposition"];
		await route.fulfill({ response: answer, headers });
	});
	for (const path of plan.active) {
		/* What the browser still only saves cannot run. */
		if (await page.goto(plan.base + path).then(() => false, (e) => /Download is starting/.test(e.message))) continue;
		shown++;
		if (await page.evaluate(() => document.documentElement.getAttribute("data-pwned") !== null || document.title === "pwned")) faults.push(path + " ran its script");
		if (await page.evaluate(() => { try { return window.origin; } catch (e) { return "null"; } }) !== "null") faults.push(path + " has this site's origin");
	}
	say(shown >= 2, "the browser showed what it would have shown", shown);
	say(got.length >= plan.active.length && got.length > 0, "the uploaded pages were fetched", got.length);
	none(faults, "uploaded HTML, XHTML and SVG run nothing and have no origin");
	none(got.filter((h) => !/^attachment/.test(h["content-disposition"] || "") || h["x-content-type-options"] !== "nosniff" || !/sandbox/.test(h["content-security-policy"] || "")).map((h) => JSON.stringify(h)),
		"they come as attachments, unsniffed and sandboxed");
	await context.close();
}

(async () => {
	const browser = await chromium.launch({ executablePath: plan.chromium, args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync"] });
	for (const part of [looks, hands, hostile, active]) {
		try {
			await part(browser);
		} catch (e) {
			say(false, `the part "${part.name}" of the browser's work ends`, e.stack);
		}
	}
	await browser.close();
	process.stdout.write("end\n");
})().catch((e) => { say(false, "the browser works", e.stack); process.exit(1); });
