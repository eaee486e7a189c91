/**
 * Errors of the API as problem+json (RFC 9457), with our code and one JSON pointer (RFC 6901) per wrong part of a request.
 * What nobody expected says no more than that: its words go to the log.
 */
import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import { errorAnchor, ERRORS, HotplateError, messageOf, systemCode } from "../domain/errors.ts";
import type { ErrorCode } from "../domain/errors.ts";
import type { Log } from "../ports.ts";
import type { ProblemShape } from "./shapes.ts";

export interface ProblemParts {
  readonly status: number;
  readonly code: ErrorCode;
  readonly detail: string;
  readonly hint?: string;
  readonly errors?: ProblemShape["errors"];
}

export function sendProblem(request: FastifyRequest, reply: FastifyReply, parts: ProblemParts): FastifyReply {
  const { status, code, detail } = parts;
  const body: ProblemShape = {
    type: `docs/errors.md#${errorAnchor(code)}`,
    title: ERRORS[code].summary,
    status,
    detail,
    instance: request.url,
    code,
    hint: parts.hint ?? ERRORS[code].hint,
    errors: [...(parts.errors ?? [])],
    requestId: request.id,
  };
  // Written here: the schemas of a route's good answers must not judge its refusals.
  return reply.status(status).header("content-type", "application/problem+json").serializer(JSON.stringify).send(body);
}

export function onError(log: Log): (error: FastifyError | Error, request: FastifyRequest, reply: FastifyReply) => void {
  return (error, request, reply) => {
    const parts = partsOf(error);
    if (parts.code === "HP-INTERNAL")
      log.event("error", "work.failed", {
        work: `${request.method} ${request.url}`,
        error: error.stack ?? error.message,
      });
    void sendProblem(request, reply, parts);
  };
}

function partsOf(error: FastifyError | Error): ProblemParts {
  if (error instanceof HotplateError)
    return { status: statusOf(error.code), code: error.code, detail: error.message, hint: error.hint };
  if ("validation" in error && error.validation !== undefined) {
    const where = error.validationContext ?? "body";
    const errors = error.validation.map((issue) => ({
      pointer: issue.instancePath,
      code: "HP-HTTP-BODY",
      message: issue.message ?? "is wrong",
      hint: null,
    }));
    return { status: 422, code: "HP-HTTP-BODY", detail: `The ${where} of the request is not as documented.`, errors };
  }
  if (systemCode(error) === "FST_ERR_HANDLER_TIMEOUT")
    return { status: 504, code: "HP-HTTP-TIMEOUT", detail: "No answer in time; a disk or the store may be slow." };
  const status = "statusCode" in error ? (error.statusCode ?? 500) : 500;
  if (status < 500) return { status, code: "HP-HTTP-BODY", detail: error.message };
  const disk = diskCode(systemCode(error));
  if (disk !== null) return { ...disk, detail: `The disk or share failed: ${messageOf(error)}.` };
  return { status: 500, code: "HP-INTERNAL", detail: "Something that nobody expected; the log says more." };
}

/** The hot folder's file system refused; that is no fault of ours. */
function diskCode(errno: string | null): Pick<ProblemParts, "status" | "code"> | null {
  if (errno === null || !/^E[A-Z0-9]+$/.test(errno)) return null;
  if (errno === "ENOSPC" || errno === "EDQUOT") return { status: 507, code: "HP-DISK-FULL" };
  if (errno === "EACCES" || errno === "EPERM" || errno === "EROFS") return { status: 403, code: "HP-PATH-PERMISSION" };
  return { status: 503, code: "HP-DISK-IO" };
}

/** An exit code means the same as a status: what the command line says follows from one table. */
function statusOf(code: ErrorCode): number {
  if (code === "HP-ID-AMBIGUOUS") return 409;
  if (code === "HP-INTAKE-FOLDER" || code === "HP-HTTP-BUSY") return 503;
  switch (ERRORS[code].exit) {
    case 6:
      return 404;
    case 7:
      return 409;
    case 2:
    case 3:
      return 422;
    case 8:
      return 504;
    default:
      return 500;
  }
}
