// Every answer that the tunnel gives itself instead of the target. Codes are stable: scripts and dashboards match on them.
// docs/errors.md has a paragraph for each, and a test compares the two.

/** Where the cause lies, in the order in which a request passes them. */
export const ANSWER_SIDES = ['client', 'consumer', 'link', 'provider', 'target'] as const
export type AnswerSide = (typeof ANSWER_SIDES)[number]

export interface OwnAnswer {
  readonly status: number
  readonly side: AnswerSide
  /** What failed, for whoever sees the answer. */
  readonly message: string
  /** What to do next. */
  readonly remedy: string
  /** Goes out as Retry-After, where waiting can help. */
  readonly retryAfterSeconds?: number
}

/** A place gets free as soon as some other client is done. */
const WHEN_A_CLIENT_IS_DONE = 1
/** A provider that was lost dials again within this, unless it has failed several times. */
const WHEN_A_PROVIDER_IS_BACK = 5
/** What a service manager takes to start a program again. */
const WHEN_RESTARTED = 5

const TABLE = {
  'EDGERQ-BAD-REQUEST': {
    status: 400,
    side: 'client',
    message: 'The request is not valid HTTP, or can be read in more than one way.',
    remedy: 'Correct the program that sent it. Nothing of it was passed on.',
  },
  'EDGERQ-REQUEST-TIMEOUT': {
    status: 408,
    side: 'client',
    message: 'The request came too slowly.',
    remedy: 'Send it again, faster. If your line is slow, send less at once.',
  },
  'EDGERQ-EXPECTATION': {
    status: 417,
    side: 'client',
    message: 'The request expects something other than 100-continue.',
    remedy: 'Send it without the Expect field.',
  },
  'EDGERQ-HEAD-TOO-LARGE': {
    status: 431,
    side: 'client',
    message: 'The head of the request is larger than this service allows.',
    remedy:
      'Send fewer or shorter fields, cookies first; or let the operator raise request_buffer. Bodies are not limited by it.',
  },
  'EDGERQ-METHOD': {
    status: 501,
    side: 'client',
    message: 'The method CONNECT is not for the port of a service.',
    remedy: 'This is no forward proxy: send requests to the service itself.',
  },
  'EDGERQ-LOOP': {
    status: 508,
    side: 'consumer',
    message: 'The request came back to a consumer that it had already crossed.',
    remedy: 'Let the operator look at the services of each hop: two of them point at each other.',
  },
  'EDGERQ-BUSY': {
    status: 503,
    side: 'consumer',
    message: 'All places of the service are taken, and none got free in time.',
    remedy: 'Try again in a moment. If it lasts, let the operator raise max_connections or add providers.',
    retryAfterSeconds: WHEN_A_CLIENT_IS_DONE,
  },
  'EDGERQ-STOPPING': {
    status: 503,
    side: 'consumer',
    message: 'The consumer is stopping and takes nothing new.',
    remedy: 'Try again in a few seconds.',
    retryAfterSeconds: WHEN_RESTARTED,
  },
  'EDGERQ-INTERNAL': {
    status: 500,
    side: 'consumer',
    message: 'The consumer met an error of its own.',
    remedy: 'Report it to the operator with the request id: the cause is in the log of the consumer.',
  },
  'EDGERQ-LINK-LOST': {
    status: 502,
    side: 'link',
    message: 'The link to the provider was lost before the answer came.',
    remedy: 'The request may have been carried out: look before you send it again.',
  },
  'EDGERQ-STALLED': {
    status: 502,
    side: 'link',
    message: 'Bytes of the request waited on the way and none moved for 60 seconds.',
    remedy: 'The request may have been carried out: look before you send it again.',
  },
  'EDGERQ-NO-PROVIDER': {
    status: 503,
    side: 'provider',
    message: 'Nobody serves this service now.',
    remedy:
      'Try again in a few seconds. If it lasts, let the operator see whether the provider runs and reaches the consumer.',
    retryAfterSeconds: WHEN_A_PROVIDER_IS_BACK,
  },
  'EDGERQ-PROVIDER-BUSY': {
    status: 503,
    side: 'provider',
    message: 'Every provider of the service has refused: it is overloaded or stopping.',
    remedy: 'Try again in a moment. The request was not carried out.',
    retryAfterSeconds: WHEN_A_CLIENT_IS_DONE,
  },
  'EDGERQ-UNKNOWN-SERVICE': {
    status: 502,
    side: 'provider',
    message: 'The provider does not offer this service any more.',
    remedy:
      'Try again. If it lasts, let the operator compare the UUIDs of both sides. The request was not carried out.',
  },
  'EDGERQ-TARGET-REFUSED': {
    status: 502,
    side: 'target',
    message: 'The target of the service refuses connections.',
    remedy: 'Let the operator start it, or correct its host and port. The request was not carried out.',
  },
  'EDGERQ-TARGET-UNREACHABLE': {
    status: 502,
    side: 'target',
    message: 'The target of the service cannot be reached, or its name cannot be resolved.',
    remedy: 'Let the operator look from the machine of the provider. The request was not carried out.',
  },
  'EDGERQ-TARGET-CONNECT-TIMEOUT': {
    status: 504,
    side: 'target',
    message: 'The target of the service did not take the connection in time.',
    remedy: 'Try again later: it is overloaded, down or behind a firewall. The request was not carried out.',
  },
  'EDGERQ-TARGET-CERTIFICATE': {
    status: 502,
    side: 'target',
    message: 'The encrypted connection to the target of the service could not be made.',
    remedy: 'Let the operator check its certificate, its name and the tls setting. The request was not carried out.',
  },
  'EDGERQ-TARGET-BAD-ANSWER': {
    status: 502,
    side: 'target',
    message: 'The target of the service gave no valid HTTP answer.',
    remedy:
      'The request may have been carried out: look before you send it again. The cause is in the log of the target.',
  },
  'EDGERQ-TARGET-TIMEOUT': {
    status: 504,
    side: 'target',
    message: 'The target of the service did not begin to answer in time.',
    remedy: 'The request may have been carried out: look before you send it again. The operator can raise request_ttl.',
  },
} as const satisfies Readonly<Record<`EDGERQ-${string}`, OwnAnswer>>

export type AnswerCode = keyof typeof TABLE

/** In the order of `ANSWER_SIDES`. */
export const OWN_ANSWERS: Readonly<Record<AnswerCode, OwnAnswer>> = TABLE

/** Of the statuses above (RFC 9110 §15; 431: RFC 6585 §5; 508: RFC 5842 §7.2). */
export const REASONS: Readonly<Record<(typeof TABLE)[AnswerCode]['status'], string>> = {
  400: 'Bad Request',
  408: 'Request Timeout',
  417: 'Expectation Failed',
  431: 'Request Header Fields Too Large',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
  508: 'Loop Detected',
}
