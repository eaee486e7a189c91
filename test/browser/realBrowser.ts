/** A page of a folder as a real browser shows it: opened as a file, scripts off, no network, at the widths that people have. */
import { existsSync } from "node:fs";
import { pathToFileURL } from "node:url";
import type { Browser, Page } from "playwright-core";
import { chromium } from "playwright-core";
import type { Look } from "./look.ts";
import { LOOK } from "./look.ts";

/** As Debian and others name it. */
const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

export const BROWSER: string | null = PLACES.find((place) => existsSync(place)) ?? null;
export const NO_BROWSER = "no Chromium is installed (Debian: chromium)";

/** CSS pixels across, and device pixels for each. */
export interface View {
  readonly width: number;
  readonly height: number;
  readonly scale: number;
  readonly touch?: boolean;
  readonly dark?: boolean;
  readonly print?: boolean;
}

export const VIEWS: Readonly<Record<string, View>> = {
  "100 % on a desk": { width: 1280, height: 900, scale: 1 },
  "200 % on a desk": { width: 640, height: 450, scale: 2 },
  "a phone": { width: 390, height: 844, scale: 3, touch: true },
  "a small phone, dark": { width: 320, height: 568, scale: 2, touch: true, dark: true },
  "dark on a desk": { width: 1280, height: 900, scale: 1, dark: true },
  // A4 at 96 px an inch, with margins of 1 cm.
  paper: { width: 718, height: 1047, scale: 1, print: true },
};

export interface Seen extends Look {
  /** Everything that the page asked for beside itself and what it carries. */
  readonly asked: readonly string[];
  /** What the browser complained of. */
  readonly complaints: readonly string[];
}

export async function openBrowser(): Promise<Browser> {
  // Root, as a gate runs, has no sandbox of Chromium's.
  return chromium.launch({ executablePath: BROWSER as string, args: ["--no-sandbox", "--disable-gpu"] });
}

export async function look(browser: Browser, file: string, view: View): Promise<Seen> {
  return withPage(browser, { file, view }, async (page, asked, complaints) => ({
    ...(await page.evaluate<Look>(LOOK)),
    asked,
    complaints,
  }));
}

/** The page as PDF, A4. */
export async function printed(browser: Browser, file: string): Promise<Uint8Array> {
  return withPage(browser, { file, view: VIEWS["paper"] as View }, (page) =>
    page.pdf({ format: "A4", printBackground: true, margin: { top: "1cm", bottom: "1cm", left: "1cm", right: "1cm" } }),
  );
}

async function withPage<T>(
  browser: Browser,
  { file, view }: { readonly file: string; readonly view: View },
  use: (page: Page, asked: readonly string[], complaints: readonly string[]) => Promise<T>,
): Promise<T> {
  const context = await browser.newContext({
    viewport: { width: view.width, height: view.height },
    deviceScaleFactor: view.scale,
    isMobile: view.touch === true,
    hasTouch: view.touch === true,
    colorScheme: view.dark === true ? "dark" : "light",
    javaScriptEnabled: false,
    offline: true,
  });
  try {
    const page = await context.newPage();
    const url = pathToFileURL(file).href;
    const asked: string[] = [];
    const complaints: string[] = [];
    page.on("request", (request) => {
      if (request.url() !== url && !request.url().startsWith("data:")) asked.push(request.url());
    });
    page.on("console", (message) => complaints.push(message.text()));
    page.on("pageerror", (error) => complaints.push(error.message));
    await page.goto(url, { waitUntil: "load" });
    if (view.print === true) await page.emulateMedia({ media: "print" });
    return await use(page, asked, complaints);
  } finally {
    await context.close();
  }
}
