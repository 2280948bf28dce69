# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# A cluster of two HTTP servers, keep-alive clients, a UNIX socket, UDP, name lookup.
. "${0%/*}/lib.sh"
cat >server.js <<'J'
const cluster = require('cluster'), http = require('http'), net = require('net'), dgram = require('dgram'), dns = require('dns')
if (!cluster.isPrimary) {
    http.createServer((q, a) => a.end('hello ' + q.url)).listen(8081, '127.0.0.1')
} else {
    let ready = 0
    for (let i = 0; i < 2; i++) cluster.fork().on('listening', () => { if (++ready === 2) talk() })
}
const get = (path, agent) => new Promise((done, failed) =>
    http.get({host: '127.0.0.1', port: 8081, path, agent}, a => { let t = ''; a.on('data', d => t += d); a.on('end', () => done(t)) }).on('error', failed))
async function talk() {
    const agent = new http.Agent({keepAlive: true})
    for (let i = 0; i < 50; i++) if (await get('/' + i, agent) !== 'hello /' + i) throw 'http'
    await new Promise(done => { const s = net.createServer(c => c.end('x')).listen('/tmp/node', () => net.connect('/tmp/node').on('data', () => { s.close(); done() })) })
    await new Promise(done => { const u = dgram.createSocket('udp4'); u.bind(0, '127.0.0.1', () => u.send('x', u.address().port, '127.0.0.1')); u.on('message', () => { u.close(); done() }) })
    await dns.promises.lookup('localhost')
    console.log('works')
    process.exit(0)
}
J
node server.js
