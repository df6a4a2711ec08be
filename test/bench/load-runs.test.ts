import assert from 'node:assert/strict'
import { readWrk } from '../../bench/load-runs.ts'

const OUTPUT = `Running 5s test @ http://127.0.0.1:8080/
  1 threads and 32 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency   812.00us    1.02ms  31.05ms   97.11%
  Latency Distribution
     50%  701.00us
     75%    0.89ms
     90%    1.12ms
     99%    4.05ms
  219210 requests in 5.00s, 38.47MB read
Requests/sec:  43840.91
`

describe('the output of wrk', () => {
  it('is read with its latencies, in whatever unit they are', () => {
    const expected = { requests: 219_210, requestsPerSecond: 43_840.91, p50Us: 701, p99Us: 4050 }
    assert.deepEqual(readWrk(OUTPUT), expected)
    assert.equal(readWrk(OUTPUT.replace('4.05ms', '1.50s')).p99Us, 1_500_000)
  })

  it('is no result when it tells of errors', () => {
    const broken = `${OUTPUT}  Socket errors: connect 0, read 3, write 0, timeout 0\n`
    assert.throws(() => readWrk(broken), /Socket errors: connect 0, read 3/)
  })
})
