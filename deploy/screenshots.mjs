// The pictures of deploy/screenshots: screenshots.mjs PAGE FOLDER. The page is opened offline, from its file.
import {createRequire} from "node:module";
import path from "node:path";
import {pathToFileURL} from "node:url";

const require = createRequire(path.join(process.env.NODE_PATH, "x.js"));
const {chromium} = require("playwright-core");
const [file, folder] = process.argv.slice(2);
const browser = await chromium.launch({executablePath: process.env.CHROMIUM || "/usr/bin/chromium", args: ["--no-sandbox"]});
const context = await browser.newContext({
  viewport: {width: 1000, height: 640}, colorScheme: "light", reducedMotion: "reduce", offline: true
});
const page = await context.newPage();
await page.goto(pathToFileURL(path.resolve(file)).href);
const link = page.getByRole("region", {name: "Incidents"}).getByRole("link").first();
await link.waitFor({timeout: 20000});
await page.waitForTimeout(800);
await page.screenshot({path: path.join(folder, "page.png")});
await link.click();
await page.getByRole("region", {name: "Facts"}).waitFor({timeout: 20000});
await page.waitForTimeout(800);
await page.screenshot({path: path.join(folder, "incident.png")});
await browser.close();
