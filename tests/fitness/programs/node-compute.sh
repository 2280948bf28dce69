# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Worker threads with shared memory, children with messages, files, watching, compression, keys, WebAssembly; no network.
. "${0%/*}/lib.sh"
cat >compute.js <<'J'
const {Worker, isMainThread, workerData} = require('worker_threads'), fs = require('fs'), zlib = require('zlib'), crypto = require('crypto'), child = require('child_process')
if (process.argv[2] === 'child') process.on('message', m => process.send(m + 1, () => process.disconnect()))
else if (!isMainThread) Atomics.add(new Int32Array(workerData), 0, 1)
else main()
async function main() {
    const shared = new SharedArrayBuffer(4)
    await Promise.all([1, 2, 3].map(() => new Promise(done => new Worker(__filename, {workerData: shared}).on('exit', done))))
    if (new Int32Array(shared)[0] !== 3) throw 'workers'
    await new Promise((done, failed) => { const c = child.fork(__filename, ['child']); c.send(1); c.on('message', m => m === 2 ? done() : failed(m)) })
    if (child.execFileSync('echo', ['x']).toString() !== 'x\n') throw 'exec'
    await new Promise(done => { const w = fs.watch('/tmp', () => { w.close(); done() }); fs.writeFileSync('/tmp/f', 'x'.repeat(100000)) })
    await fs.promises.copyFile('/tmp/f', '/tmp/g')
    await fs.promises.rename('/tmp/g', '/tmp/h')
    if (zlib.gunzipSync(zlib.gzipSync(fs.readFileSync('/tmp/h'))).length !== 100000) throw 'zlib'
    crypto.generateKeyPairSync('ec', {namedCurve: 'P-256'})
    crypto.scryptSync('a', 'b', 32)
    new WebAssembly.Module(Uint8Array.from([0, 97, 115, 109, 1, 0, 0, 0]))
    let garbage = []
    for (let i = 0; i < 2e5; i++) { garbage.push({i, s: 'x' + i}); if (garbage.length > 1e4) garbage = [] }
    console.log('works')
}
J
node compute.js
