// nginx as the origin of small requests, where it is installed: nobody doubts that it is fast enough.

import { once } from 'node:events'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { delimiter, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { ChildProgram } from '../stresstest/rig/child-program.ts'
import { freePort } from './free-port.ts'

/** True when a program of this name can be started by name. */
export function isOnPath(name: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => folder !== '' && existsSync(join(folder, name)))
}

/** Starts nginx with a configuration of its own in `folder`; null when there is no nginx. Returns its port. */
export async function startNginx(folder: string): Promise<number | null> {
  if (!isOnPath('nginx')) return null
  const port = await freePort()
  const own = join(folder, 'nginx')
  mkdirSync(own)
  writeFileSync(join(own, 'nginx.conf'), configuration(port))
  const program = new ChildProgram({ name: 'nginx', command: ['nginx', '-p', own, '-c', 'nginx.conf', '-e', 'stderr'] })
  while (!(await answers(port))) {
    if (program.status !== null) throw new Error(`nginx did not start\n${program.logs()}`)
    await pause(20)
  }
  return port
}

function configuration(port: number): string {
  return `daemon off; master_process off; pid nginx.pid; error_log stderr;
events { worker_connections 4096; }
http {
  access_log off; keepalive_requests 1000000000; keepalive_timeout 600s;
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  server { listen 127.0.0.1:${port}; location / { default_type text/plain; return 200 "Hello from the origin.\\n"; } }
}
`
}

async function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}
