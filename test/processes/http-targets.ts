// Targets that are written by other people, in other languages, and tell what they took for a request: node's server, nginx, Python's.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { connect } from 'node:net'
import { delimiter, join } from 'node:path'
import type { Duplex } from 'node:stream'
import { startPeer } from '../../stresstest/peer.ts'
import { ChildProgram } from '../../stresstest/rig/child-program.ts'
import type { Elements } from '../../stresstest/rig/daemon-config.ts'
import { projectFolder } from '../../stresstest/rig/places.ts'
import { ReadyLine } from '../../stresstest/rig/ready-line.ts'
import { eventually } from './clients.ts'
import type { Stage } from './harness.ts'

/** What a target took for a request. */
export interface SeenRequest {
  readonly method: string
  readonly target: string
  /** Empty: the client named none, and the provider made one up. Null: it was not read. */
  readonly host: string | null
  /** Latin1; null: it broke off. */
  readonly body: string | null
}

/** Answers every request that it can read with 200 and a line of its method and target, and lets connections live on. */
export interface RecordingTarget {
  /** Where it is, for provider.xml. */
  readonly place: Elements
  /** In the order in which they came. The last may come a moment after its answer. */
  seen(): readonly SeenRequest[]
}

export const TARGETS = ['node', 'nginx', 'python'] as const
export type TargetName = (typeof TARGETS)[number]

const PROGRAMS: Readonly<Record<TargetName, string | null>> = { node: null, nginx: 'nginx', python: 'python3' }

/** Null: it is here. Otherwise the name of the program that is not. */
export function missingProgramOf(name: TargetName): string | null {
  const program = PROGRAMS[name]
  const folders = (process.env.PATH ?? '').split(delimiter)
  return program === null || folders.some((folder) => existsSync(join(folder, program))) ? null : program
}

export const START: Readonly<Record<TargetName, (stage: Stage) => Promise<RecordingTarget>>> = {
  node: startNode,
  nginx: startNginx,
  python: startPython,
}

async function startNode(stage: Stage): Promise<RecordingTarget> {
  const seen: { method: string; target: string; host: string; body: string | null }[] = []
  const note = ({ method = '', url: target = '', headers }: IncomingMessage) => {
    const request = { method, target, host: headers.host ?? '', body: null as string | null }
    seen.push(request)
    return request
  }
  const server = createServer((request, response) => {
    const noted = note(request)
    readWhole(request, (body) => {
      noted.body = body
      answer(request, response)
    })
  })
  server.on('upgrade', (request: IncomingMessage, socket: Duplex) => {
    note(request).body = ''
    socket.end('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
  })
  const { port } = await stage.peer(startPeer(server, {}))
  return { place: { port }, seen: () => seen.map((request) => withoutOwnHost(request, `127.0.0.1:${port}`)) }
}

function readWhole(request: IncomingMessage, onWhole: (body: string) => void): void {
  let body = ''
  request.setEncoding('latin1').on('data', (text: string) => {
    body += text
  })
  request.on('end', () => onWhole(body))
  request.on('error', () => {}) // it broke off: nobody is told that it was whole
}

function answer({ method, url }: IncomingMessage, response: ServerResponse): void {
  const text = `${method} ${url}\n`
  response.writeHead(200, { 'Content-Length': text.length }).end(text)
}

async function startPython(stage: Stage): Promise<RecordingTarget> {
  const command = ['python3', join(projectFolder, 'test/fixtures/recording-server.py'), '0']
  const program = stage.own(new ChildProgram({ name: 'python', command }))
  const [line] = await program.line(/ ready .*$/)
  const port = new ReadyLine(line).port('tcp')
  const seen = () =>
    jsonLines<SeenRequest>(program.stdout).map((request) => withoutOwnHost(request, `127.0.0.1:${port}`))
  return { place: { port }, seen }
}

/** One line of nginx's log: `$request` is there also for requests that it refuses. */
interface NginxLine {
  readonly request: string
  readonly host: string
  readonly body: string
  readonly status: string
  /** Status by which the server behind it answered; empty if it was not asked, for one of many reasons. */
  readonly behind: string
}

/** On a Unix socket, since it cannot tell of a port that it has chosen. Bodies are read because it passes them on, to itself. */
async function startNginx(stage: Stage): Promise<RecordingTarget> {
  const folder = join(stage.folder, 'nginx')
  const socket = join(folder, 'front.sock')
  mkdirSync(folder)
  writeFileSync(join(folder, 'nginx.conf'), nginxConfiguration(folder))
  const command = ['nginx', '-p', folder, '-c', 'nginx.conf', '-e', 'stderr']
  const program = stage.own(new ChildProgram({ name: 'nginx', command }))
  await eventually('nginx listens', () => listens(socket, program))
  const log = () => readFileSync(join(folder, 'seen.log'), 'utf8').split('\n')
  const seen = () => jsonLines<NginxLine>(log()).map((line) => withoutOwnHost(seenByNginx(line), 'localhost'))
  return { place: { hostname: undefined, socket }, seen }
}

function nginxConfiguration(folder: string): string {
  return `daemon off; master_process off; pid nginx.pid; error_log stderr;
events { worker_connections 1024; }
http {
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  log_format seen escape=json
    '{"request":"$request","host":"$http_host","body":"$request_body","status":"$status","behind":"$upstream_status"}';
  client_body_in_single_buffer on;
  server { listen unix:${folder}/front.sock; access_log seen.log seen; location / { proxy_pass http://unix:${folder}/back.sock; } }
  server { listen unix:${folder}/back.sock; access_log off; location / { return 200 "$request_method $request_uri\\n"; } }
}
`
}

function seenByNginx({ request, host, body, status, behind }: NginxLine): SeenRequest {
  const [method = '', target = ''] = request.split(' ')
  if (behind !== '') return { method, target, host, body }
  // It has not asked the server behind it: it read no further than a first line that it does not like, or the body broke off.
  return status === '400' && host === '' ? { method, target, host: null, body } : { method, target, host, body: null }
}

async function listens(path: string, program: ChildProgram): Promise<boolean> {
  if (program.status !== null) throw new Error(`nginx did not start\n${program.logs()}`)
  const socket = connect(path)
  const isOpen = await new Promise<boolean>((resolve) => {
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
  })
  socket.destroy()
  return isOpen
}

function jsonLines<Line>(lines: readonly string[]): Line[] {
  return lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as Line)
}

/** By the name of the target itself the provider calls it where the client gave no name. */
function withoutOwnHost(request: SeenRequest, host: string): SeenRequest {
  return request.host === host ? { ...request, host: '' } : request
}
