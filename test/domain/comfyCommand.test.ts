/** The command line of a spawned ComfyUI holds only flags that its version takes, and everything private. */
import { describe, expect, it } from "vitest";
import type { Install } from "../../daemon/domain/comfyCommand.ts";
import { comfyCommand, inScope } from "../../daemon/domain/comfyCommand.ts";
import { byteCount, byteText } from "../../daemon/domain/byteSize.ts";
import { parseConfig } from "../../daemon/adapters/config.ts";

function slotOf(more = "", spawn = "") {
  const text = `hotplate: 1
stateDir: /var/lib/hotplate
roots: [{name: shows, linux: /mnt/shows}]
slots: [{name: gpu0${more}, spawn: {dir: /opt/ComfyUI, python: /venv/python, port: 8190${spawn}}}]
`;
  const slot = parseConfig(text, "h.yaml").slots[0];
  if (slot?.spawn === undefined) throw new Error("not spawned");
  return { ...slot, spawn: slot.spawn };
}

const OLD: Install = { version: "0.19.1", flags: null };
const NEW: Install = { version: "0.38.0", flags: null };

function line(install: Install, more = "", spawn = ""): string {
  const command = comfyCommand({ slot: slotOf(more, spawn), dir: "/state/slots/gpu0", install });
  return command.kind === "command" ? command.args.join(" ") : `${command.code} ${command.message}`;
}

describe("the command line of a spawned ComfyUI", () => {
  it("gives it the port, directories of its own and nothing to the world", () => {
    expect(line(OLD)).toBe(
      "main.py --listen 127.0.0.1 --port 8190 --input-directory /state/slots/gpu0/input --output-directory /state/slots/gpu0/output --temp-directory /state/slots/gpu0 --user-directory /state/slots/gpu0/user --disable-auto-launch --dont-print-server --disable-metadata --preview-method none --cache-classic --disable-api-nodes --database-url sqlite:///:memory:",
    );
  });

  it("differs by version where the flags do", () => {
    expect(line(NEW)).toContain("--disable-assets");
    expect(line(NEW)).not.toContain("--database-url");
    expect(line(OLD)).not.toContain("--disable-assets");
    expect(line({ version: "0.30.2", flags: null })).not.toContain("--disable-assets");
  });

  it("believes the install's own list of flags more than its version", () => {
    expect(line({ version: "0.30.2", flags: new Set(["--disable-assets"]) })).toMatch(
      /--cache-classic --disable-assets$/,
    );
    expect(line({ version: "0.19.1", flags: new Set() })).toMatch(/--cache-classic$/);
  });

  it.each([
    ["classic", "--cache-classic"],
    ["none", "--cache-none"],
    ["lru:20", "--cache-lru 20"],
    ["ram", "--cache-ram"],
    ["ram:8.5", "--cache-ram 8.5"],
  ])("says its cache outright: %s is %s", (cache, flags) => {
    expect(line(OLD, "", `, cache: "${cache}"`)).toContain(` ${flags} `);
  });

  it("shows it one GPU: by number as nvidia-smi counts, by UUID through the environment", () => {
    const envOf = (gpu: string) => {
      const command = comfyCommand({ slot: slotOf(`, gpu: ${gpu}`), dir: "/d", install: OLD });
      return command.kind === "command" ? [command.args.includes("--cuda-device"), command.env] : command;
    };
    expect(line(OLD, ", gpu: 3")).toContain("--cuda-device 3");
    expect(envOf("3")).toEqual([true, { CUDA_DEVICE_ORDER: "PCI_BUS_ID" }]);
    expect(envOf("GPU-8f1a")).toEqual([false, { CUDA_DEVICE_ORDER: "PCI_BUS_ID", CUDA_VISIBLE_DEVICES: "GPU-8f1a" }]);
  });

  it("puts a person's flags last and a person's environment over its own", () => {
    expect(line(OLD, "", ", args: [--cpu, --front-end-root, /e]")).toMatch(/ --cpu --front-end-root \/e$/);
    const command = comfyCommand({ slot: slotOf("", ", env: {HF_HOME: /models}"), dir: "/d", install: OLD });
    expect(command).toMatchObject({ env: { HF_HOME: "/models" } });
  });

  it("refuses what is no ComfyUI, and one that is too old (HP-COMFY-VERSION, HP-SLOT-START)", () => {
    expect(line({ version: null, flags: null })).toBe(
      "HP-SLOT-START /opt/ComfyUI is no ComfyUI of 0.19 or later: comfyui_version.py can't be read there",
    );
    expect(line({ version: "0.18.9", flags: null })).toBe(
      "HP-COMFY-VERSION ComfyUI 0.18.9 in /opt/ComfyUI is older than 0.19",
    );
  });

  it("goes into a systemd scope whole, with the kernel's bound on its memory", () => {
    expect(inScope(["/venv/python", "main.py"], { name: "hotplate-slot-a-1", memoryMax: 24e9, user: false })).toEqual([
      "systemd-run",
      "--scope",
      "--quiet",
      "--collect",
      "--unit=hotplate-slot-a-1",
      "-p",
      "MemoryMax=24000000000",
      "-p",
      "MemorySwapMax=0",
      "--",
      "/venv/python",
      "main.py",
    ]);
    expect(inScope(["p"], { name: "n", memoryMax: null, user: true })).toEqual([
      "systemd-run",
      "--user",
      "--scope",
      "--quiet",
      "--collect",
      "--unit=n",
      "--",
      "p",
    ]);
  });
});

describe("sizes", () => {
  it("are read and written as people do", () => {
    expect([byteCount("24GB"), byteCount("1.5 GiB"), byteCount("512MiB"), byteCount("2TB")]).toEqual([
      24e9, 1_610_612_736, 536_870_912, 2e12,
    ]);
    expect([byteCount("24"), byteCount("-1GB"), byteCount("1e9GB"), byteCount("lots")]).toEqual([
      null,
      null,
      null,
      null,
    ]);
    expect([byteText(2.4e12), byteText(2.41e9), byteText(310e6)]).toEqual(["2.4 TB", "2.4 GB", "310 MB"]);
  });
});
