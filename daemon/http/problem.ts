/** Errors of the API as problem+json (RFC 9457), with our code and one JSON pointer per wrong part of a body. */
import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import { ERRORS, HotplateError } from "../domain/errors.ts";
import type { ErrorCode } from "../domain/errors.ts";

export interface ProblemBody {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  readonly hint: string;
  readonly errors: readonly { readonly pointer: string; readonly message: string }[];
}

export function problemBody(
  status: number,
  code: ErrorCode,
  detail: string,
  errors: ProblemBody["errors"] = [],
): ProblemBody {
  return {
    type: `docs/errors.md#${code.toLowerCase()}`,
    title: ERRORS[code].summary,
    status,
    detail,
    code,
    hint: ERRORS[code].hint,
    errors,
  };
}

export function sendProblem(reply: FastifyReply, body: ProblemBody): FastifyReply {
  return reply.status(body.status).type("application/problem+json").send(body);
}

export function onError(error: FastifyError | HotplateError, _request: FastifyRequest, reply: FastifyReply): void {
  void sendProblem(reply, bodyOf(error));
}

function bodyOf(error: FastifyError | HotplateError): ProblemBody {
  if (error instanceof HotplateError) return problemBody(statusOf(error), error.code, error.message);
  if (error.validation !== undefined) {
    const errors = error.validation.map((issue) => ({
      pointer: issue.instancePath,
      message: issue.message ?? "is wrong",
    }));
    return problemBody(422, "HP-HTTP-BODY", error.message, errors);
  }
  const status = error.statusCode ?? 500;
  if (status < 500) return problemBody(status, "HP-HTTP-BODY", error.message);
  return problemBody(status, "HP-INTERNAL", error.message);
}

function statusOf(error: HotplateError): number {
  switch (error.exit) {
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
