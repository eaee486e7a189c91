/** Checks of headers, files and deliveries: each finds its fault, leaves what is right alone, and says why it does not apply. */
import { describe, expect, test } from "vitest";
import type { FrameFacts } from "../../daemon/domain/qcInput.ts";
import { inspectFrame } from "../../daemon/domain/qcRun.ts";
import type { Check, HeaderFacts } from "../../daemon/plugin.ts";
import deliveryDpx from "../../plugins/delivery_dpx.ts";
import deliveryExr from "../../plugins/delivery_exr.ts";
import deliveryName from "../../plugins/delivery_name.ts";
import fileHash from "../../plugins/file_hash.ts";
import fileMetadata from "../../plugins/file_metadata.ts";
import headerFormat from "../../plugins/header_format.ts";
import headerMeta from "../../plugins/header_meta.ts";

const half = (...names: readonly string[]) => names.map((name) => ({ name, type: "half" }));
const EXR: HeaderFacts = {
  format: "exr",
  width: 4096,
  height: 2160,
  windows: { data: [0, 0, 4096, 2160], display: [0, 0, 4096, 2160] },
  compression: "zip",
  channels: half("A", "B", "G", "R"),
  pixelAspect: 1,
  framesPerSecond: "24000/1001",
  timecode: "01:00:00:00",
  reel: "A001",
  colorSpace: "ACEScg",
  texts: [],
};
const PNG: HeaderFacts = {
  ...EXR,
  format: "png",
  windows: null,
  compression: "deflate",
  channels: ["R", "G", "B"].map((name) => ({ name, type: "uint16" })),
  pixelAspect: null,
  framesPerSecond: null,
  timecode: null,
  reel: null,
  colorSpace: "sRGB",
};
const DPX: HeaderFacts = {
  ...PNG,
  format: "dpx",
  compression: "none",
  channels: ["R", "G", "B"].map((name) => ({ name, type: "uint10" })),
  colorSpace: "logarithmic",
};

interface Of {
  readonly result?: HeaderFacts | null;
  readonly plate?: HeaderFacts | null;
  readonly plateProblem?: string;
  readonly file?: Partial<FrameFacts["resultFile"]>;
  readonly bitDepth?: 8 | 16;
  readonly sha256?: string | null;
  readonly limits?: Readonly<Record<string, number>>;
}

/** Verdict and message, or why it does not apply. */
function said(check: Check, of: Of): string {
  const { result = EXR, plate = null, limits = {} } = of;
  const facts: FrameFacts = {
    result: null,
    resultFile: { path: "/v/a.1001.exr", bytes: 9, frame: 1001, ...of.file },
    decodeProblem: null,
    plate: null,
    plateProblem: of.plateProblem ?? null,
    mask: null,
    maskProblem: null,
    composited: false,
    headerOf: (which) => (which === "result" ? result : plate),
    sha256Of: () => of.sha256 ?? null,
    expected: { width: null, height: null, bitDepth: of.bitDepth ?? null, ignore: [] },
  };
  const seen = inspectFrame([check], [{ check: check.id, limits }], facts);
  const finding = seen.findings.find((one) => one.check === check.id);
  const because = seen.notApplied.find((one) => one.check === check.id)?.because;
  return finding === undefined ? `- ${because}` : `${finding.verdict} ${finding.message}`;
}

describe("beside a plate that is meant and can't be compared with", () => {
  test.each([headerFormat, headerMeta])("$id is an error, never a pass", (check) => {
    const message = /^error .*The plate can't be compared with: it changed since\.$/;
    expect(said(check, { plateProblem: "it changed since" })).toMatch(message);
    expect(said(check, { plateProblem: "it is no picture", plate: EXR })).toMatch(/^pass/);
  });
});

describe("header.format", () => {
  const look = (of: Of) => said(headerFormat, of);

  test("passes what is as its plate is, and a format of another kind", () => {
    expect(look({ plate: EXR })).toBe("pass exr, zip, 16 bits, channels A, B, G, R.");
    expect(look({ plate: { ...EXR, compression: "piz" } })).toMatch(/^pass/);
    expect(look({ result: PNG, plate: EXR, bitDepth: 16 })).toMatch(/^pass/);
    expect(look({ result: { ...EXR, channels: half("B", "G", "R") }, plate: { ...EXR, channels: half("Y") } })).toMatch(
      /^pass/,
    );
    // Float plates come back as half, which is what comp works in.
    const float = EXR.channels.map(({ name }) => ({ name, type: "float" }));
    expect(look({ plate: { ...EXR, channels: float } })).toMatch(/^pass/);
  });

  test("fails a channel that is gone, but not one that can't fit into another size", () => {
    const plate = { ...EXR, channels: half("A", "B", "G", "R", "matte.red") };
    expect(look({ plate })).toBe("fail Of the plate's channels matte.red is missing.");
    expect(look({ result: { ...EXR, width: 8192 }, plate })).toMatch(/^pass/);
    expect(look({ result: { ...EXR, channels: half("B", "G") }, plate: { ...plate, width: 9 } })).toBe(
      "fail Of the plate's channels R is missing.",
    );
    expect(look({ plate, limits: { missingMax: 1 } })).toMatch(/^pass/);
  });

  test("fails a picture in colour that is not whole, also without a plate, and nothing that holds mattes alone", () => {
    expect(look({ result: { ...EXR, channels: half("B", "R") } })).toBe("fail Of the picture's channels G is missing.");
    expect(look({ result: { ...EXR, channels: half("A", "B", "R") }, plate: EXR })).toBe(
      "fail Of the plate's channels G is missing.",
    );
    for (const names of [["Y"], ["A"], ["BY", "RY", "Y"], ["depth.Z"]])
      expect(look({ result: { ...EXR, channels: half(...names) } })).toMatch(/^pass/);
  });

  test("fails colour that is gone in any format, not alpha, and not grey that became colour", () => {
    const grey = { ...PNG, channels: [{ name: "Y", type: "uint16" }] };
    expect(look({ result: grey, plate: PNG })).toBe("fail Of the plate's channels R, G, B are missing.");
    expect(look({ result: grey, plate: EXR })).toMatch(/^fail Of the plate's channels B, G, R are missing/);
    expect(look({ result: PNG, plate: grey })).toMatch(/^pass/);
    expect(look({ result: grey, plate: grey })).toMatch(/^pass/);
    const alpha = { ...PNG, channels: [...PNG.channels, { name: "A", type: "uint16" }] };
    expect(look({ result: PNG, plate: alpha })).toMatch(/^pass/);
  });

  test("fails channels out of order, bits that were promised, and loss that the plate has not", () => {
    expect(look({ result: { ...EXR, channels: half("R", "G", "B") } })).toMatch(/^fail 2 channels do not stand/);
    const eight = { ...PNG, channels: PNG.channels.map(({ name }) => ({ name, type: "uint8" })) };
    expect(look({ result: eight, bitDepth: 16 })).toBe("fail The file has 8 bits a sample; 16 were promised.");
    expect(look({ result: eight, plate: PNG })).toBe("warn The file has 8 bits a sample, its plate 16; 16 are wanted.");
    expect(look({ result: eight, plate: PNG, bitDepth: 8 })).toMatch(/^pass/);
    const lossy = { ...EXR, compression: "dwaa" };
    expect(look({ result: lossy, plate: EXR })).toBe("fail Packed with loss (dwaa), and its plate is not (zip).");
    expect(look({ result: lossy })).toBe("warn Packed with loss (dwaa).");
    expect(look({ result: lossy, plate: lossy })).toMatch(/^pass/);
    // PXR24 cuts floats and keeps half.
    expect(look({ result: { ...EXR, compression: "pxr24" }, plate: EXR })).toMatch(/^pass/);
    const float = { ...EXR, compression: "pxr24", channels: [{ name: "Y", type: "float" }] };
    expect(look({ result: float, plate: { ...float, compression: "zip" } })).toMatch(/^fail/);
    expect(look({ result: null })).toMatch(/^- the file's header can't be read/);
  });
});

describe("header.meta", () => {
  const look = (of: Of) => said(headerMeta, of);

  test("passes what says the same, and more", () => {
    expect(look({ plate: EXR })).toMatch(/^pass/);
    expect(look({ plate: { ...EXR, reel: null, timecode: null, pixelAspect: 1.00005 } })).toMatch(/^pass/);
  });

  test("warns of everything that is lost or another", () => {
    const result = { ...EXR, pixelAspect: 1, timecode: null, framesPerSecond: "24/1", reel: null, colorSpace: "sRGB" };
    expect(look({ result, plate: { ...EXR, pixelAspect: 2 } })).toBe(
      "warn Not what the plate says: pixel aspect 1 instead of 2; rate 24/1 instead of 24000/1001; time code none instead of 01:00:00:00; reel none instead of A001; colour space sRGB instead of ACEScg.",
    );
    expect(look({ result: { ...EXR, pixelAspect: null }, plate: { ...EXR, pixelAspect: 2 } })).toMatch(/^warn/);
    expect(look({ result: { ...EXR, reel: "B" }, plate: EXR, limits: { differentMax: 1 } })).toMatch(/^pass/);
  });

  test("says nothing beside another format, without a plate, or of a plate that says nothing", () => {
    expect(look({ result: PNG, plate: EXR })).toBe("- PNG can't say what EXR says");
    expect(look({})).toMatch(/^- there is no header of a plate/);
    const silent = { ...PNG, colorSpace: null };
    expect(look({ result: PNG, plate: silent })).toBe("- the plate says nothing of itself");
  });
});

describe("file.hash", () => {
  const staged = "a".repeat(64);

  test("passes the bytes that were staged, fails others, and is an error where nobody can read them", () => {
    expect(said(fileHash, { file: { staged }, sha256: staged })).toMatch(/^pass The bytes are those .* aaaaaaaaaaaa/);
    expect(said(fileHash, { file: { staged }, sha256: "b".repeat(64) })).toMatch(/^fail .*bbbbbbbbbbbb, aaaaaaaaaaaa/);
    expect(said(fileHash, { file: { staged }, sha256: null })).toMatch(/^error/);
    expect(said(fileHash, { sha256: staged })).toBe("- nobody wrote down what was staged");
  });
});

describe("file.metadata", () => {
  const look = (texts: HeaderFacts["texts"], of: Of = {}) =>
    said(fileMetadata, { ...of, result: { ...(of.result ?? EXR), texts } });
  const staged = { staged: "a".repeat(64) };
  const pointer = { name: "ai:assetRef", text: "hotplate://AGM/010/env/v001/w002" };

  test("passes what leads to its record and gives nothing away", () => {
    expect(look([pointer], { file: staged })).toBe("pass It leads to its record and gives away no graph or prompt.");
    const xmp = { name: "XML:com.adobe.xmp", text: 'xmlns:ai="urn:ai-asset:1"' };
    expect(look([xmp], { result: PNG, file: staged })).toMatch(/^pass It leads/);
    expect(look([])).toMatch(/^pass It names no record/);
    expect(
      look([
        { name: "reelName", text: "A001" },
        { name: "comments", text: "prompt delivery, please" },
      ]),
    ).toMatch(/^pass/);
  });

  test("could not look where a file has more texts than are read; what was read and gives something away fails all the same", () => {
    const many = (texts: HeaderFacts["texts"]) => said(fileMetadata, { result: { ...EXR, texts, textsUnread: 40 } });
    expect(many([pointer])).toMatch(/^error The file has 41 texts, and 40 of them were not read/);
    expect(many([{ name: "prompt", text: "{}" }])).toMatch(/^fail The file gives away/);
  });

  test("warns where the record can't be found from it, if the format could say", () => {
    expect(look([], { file: staged })).toMatch(/^warn The file does not lead/);
    expect(look([], { file: staged, result: DPX })).toMatch(/^pass/);
  });

  test.each([
    ["prompt", "{}"],
    ["Workflow", "x"],
    ["parameters", "a cat"],
    ["Exif", 'x {"3": {"class_type": "KSampler"}}'],
    ["ImageDescription", "a cat\nNegative prompt: dog\nSteps: 20, Sampler: Euler, CFG scale: 7"],
    ["sd-metadata", "{}"],
    ["invokeai_graph", "{}"],
    ["Comment", '{"prompt": "a cat", "steps": 28, "sampler": "k_euler", "uc": "dog"}'],
    ["Comment", '{"positive_prompt": "a cat", "negative_prompt": ""}'],
    ["Note", '{"sui_image_params": {"model": "base"}}'],
    ["APP1", "Exif\0\0MM UNICODE\0\0S\0t\0e\0p\0s\0:\0 \x002\x000\0,\0 \0S\0a\0m\0p\0l\0e\0r\0:\0 \0E"],
    ["XMP", "<exif:UserComment>{&quot;3&quot;: {&quot;class_type&quot;: &quot;K&quot;}}</exif:UserComment>"],
    ["EXIF", `prompt:{"1": {"inputs": {"text": "${"a cat, ".repeat(900)}`],
  ])("fails a text called %s that holds %s", (name, text) => {
    expect(look([pointer, { name, text }], { file: staged })).toBe(
      `fail The file gives away a graph or prompt, in ${name}.`,
    );
  });
});

test.each([
  '{"prompt": "please deliver by Friday", "to": "editorial"}',
  '{"sampler": "hardware", "bits": 12}',
  '{"node": "Read1", "class": "Blur", "inputs": {"size": 12}, "knobs": {"seed": 417}}',
  "Steps: 3 of 4 done. CFG: lens 40 mm; negative: 5219",
])("file.metadata passes the note %s", (text) => {
  expect(said(fileMetadata, { result: { ...EXR, texts: [{ name: "Comment", text }] } })).toMatch(/^pass/);
});

describe("delivery.exr", () => {
  const look = (more: Partial<HeaderFacts>, limits = {}) => said(deliveryExr, { result: { ...EXR, ...more }, limits });

  test("passes half, lossless, wide enough, in linear light; overscan is no fault", () => {
    expect(look({})).toBe("pass Half, zip, 4096 square pixels wide.");
    for (const compression of ["none", "zips", "piz"]) expect(look({ compression })).toMatch(/^pass/);
    expect(look({ width: 2048, pixelAspect: 2 })).toMatch(/^pass .* 4096 square/);
    expect(look({ windows: { data: [-8, -8, 4112, 2176], display: [0, 0, 4096, 2160] } })).toMatch(/^pass/);
    expect(look({ colorSpace: null })).toMatch(/^pass/);
  });

  test.each([
    [{ channels: [{ name: "R", type: "float" }] }, /R is float, not half/],
    [{ compression: "dwaa" }, /packing dwaa/],
    [{ compression: "rle" }, /packing rle/],
    [{ colorSpace: "ACEScct" }, /ACEScct is logarithmic/],
    [{ colorSpace: "ARRI LogC4" }, /logarithmic/],
    [{ colorSpace: "S-Log3 S-Gamut3" }, /logarithmic/],
    [{ windows: { data: [8, 0, 4088, 2160], display: [0, 0, 4096, 2160] } as const }, /leaves 17280 px .* open/],
    [{ windows: { data: [5000, 0, 10, 10], display: [0, 0, 4096, 2160] } as const }, /leaves 8847360 px/],
  ])("fails %j", (more, words) => {
    expect(look(more)).toMatch(words);
    expect(look(more)).toMatch(/^fail/);
  });

  test("knows a logarithmic space by its name, and no other word", () => {
    const logs = ["Log3G10 REDWideGamutRGB", "REDLog3G10", "CanonLog3 CinemaGamut D55", "F-Log2", "slog3_sgamut3"];
    const others = ["Cineon", "BMDFilm WideGamut Gen5", "DaVinci Intermediate WideGamut", "logarithmic", "ADX10"];
    for (const colorSpace of [...logs, ...others]) expect(look({ colorSpace }), colorSpace).toMatch(/^fail/);
    const linear = ["ACEScg", "ACES2065-1", "Linear ARRI Wide Gamut 4", "lin_catalogue", "analog_linear", "Dialog"];
    for (const colorSpace of linear) expect(look({ colorSpace }), colorSpace).toMatch(/^pass/);
  });

  test("warns of a small picture, by the show's own limit, of what is no delivery format, and says nothing of a DPX", () => {
    expect(look({ width: 2048 })).toMatch(/^warn The picture is 2048 square pixels wide; at least 3840/);
    expect(look({ width: 2048 }, { activeWidthMin: 2048 })).toMatch(/^pass/);
    expect(said(deliveryExr, { result: PNG })).toBe("warn No delivery format: it is PNG, neither OpenEXR nor DPX.");
    expect(said(deliveryExr, { result: DPX })).toBe("- it is DPX, not OpenEXR (see delivery.dpx)");
  });
});

describe("delivery.dpx", () => {
  const look = (of: Of) => said(deliveryDpx, { result: DPX, ...of });
  const bits = (type: string) => ({ ...DPX, channels: DPX.channels.map(({ name }) => ({ name, type })) });

  test("passes 16 bits, and 10-bit log of a 10-bit log capture", () => {
    expect(look({ result: bits("uint16") })).toBe("pass 16 bits, logarithmic.");
    expect(look({ plate: DPX })).toBe("pass 10 bits, logarithmic, as the plate was captured.");
  });

  test("fails 10 bits of anything else, 8 bits always, and warns where there is no plate to tell", () => {
    expect(look({ plate: bits("uint16") })).toMatch(/^fail/);
    expect(look({ plate: EXR })).toMatch(/^fail/);
    expect(look({ plate: { ...DPX, colorSpace: "linear" } })).toMatch(/^fail/);
    expect(look({ result: { ...DPX, colorSpace: "linear" }, plate: DPX })).toMatch(/^fail/);
    expect(look({ result: bits("uint8"), plate: bits("uint8") })).toMatch(/^fail/);
    expect(look({})).toMatch(/^warn 10 bits, logarithmic: that is right only where/);
    expect(look({ result: EXR })).toBe("- it is EXR, not DPX");
  });
});

describe("delivery.name", () => {
  const NETFLIX = "/mnt/a b/ATBP_0A1_010_FG01_v001/4096x2160/ATBP_0A1_010_FG01_v001.01000.exr";
  const look = (path: string, limits = {}) => said(deliveryName, { file: { path }, limits });

  test("passes plain names, and the structure that an import reads", () => {
    expect(look("/mnt/a b/env_v001.1001.exr")).toMatch(/^pass/);
    expect(look(NETFLIX, { resolutionFolder: 1, versionFolder: 1, parts: 3 })).toMatch(/^pass/);
  });

  test("fails letters that tools trip over, in as many parts as are looked at", () => {
    expect(look("/v/env größe.exr")).toBe('fail env größe.exr: the name holds " ", "ö", "ß".');
    expect(look(NETFLIX, { parts: 4 })).toMatch(/^fail .*" "/);
    expect(look("/v/a$b.exr", { strangeMax: 1 })).toMatch(/^pass/);
  });

  test("fails a structure that is demanded and not there", () => {
    expect(look("/v/2048x1080/a_v001.exr", { resolutionFolder: 1 })).toMatch(/not called 4096x2160/);
    expect(look("/v/b_v001/4096x2160/a_v001.exr", { versionFolder: 1 })).toMatch(/no folder above it is called a_v001/);
  });

  test("looks at the name that the picture gets, not at where it is staged", () => {
    const file = { path: "/s/staging/attempts/w1-1 1.exr", publishAs: "/s/env/v000/env_v000.1001.exr" };
    expect(said(deliveryName, { file })).toMatch(/^pass env_v000.1001.exr/);
  });
});
