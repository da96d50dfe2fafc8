# SPDX-License-Identifier: MIT
"""fake-http.py [--tls CERT KEY] DIR: an HTTP server on a free port of loopback, which it writes
to DIR/port.

It logs each whole request as a JSON line of DIR/log and answers it as the file DIR/answers/NAME
says, NAME being the first part of the path: a JSON list of answers, one a request, the last for
all that follow. An answer is {"status": 200, "headers": {}, "body": a text or JSON, "fault": …}:

  close-first    closes before it reads
  close-after    reads the request and closes
  close-body     closes in the middle of the answer's body
  slow           answers after 5 s
  giant          answers with 64 MiB
  garbage        answers with what is no HTTP
"""
import json
import os
import socket
import ssl
import sys
import threading
import time

args = sys.argv[1:]
tls = None
if args[0] == '--tls':
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(args[1], args[2])
    args = args[3:]
folder = args[0]
lock = threading.Lock()
counts = {}


def scripted(name):
    with lock:
        n = counts.get(name, 0)
        counts[name] = n + 1
    try:
        with open(os.path.join(folder, 'answers', name), encoding='utf-8') as f:
            steps = json.load(f)
    except OSError:
        return {'status': 404, 'body': 'no such thing'}
    return steps[min(n, len(steps) - 1)]


def read_request(f):
    line = f.readline().decode('latin-1').split()
    if len(line) != 3:
        return None
    headers = {}
    while True:
        text = f.readline().decode('latin-1').rstrip('\r\n')
        if not text:
            break
        key, value = text.split(':', 1)
        headers[key.lower()] = value.strip()
    body = f.read(int(headers.get('content-length', 0)))
    return {'method': line[0], 'url': line[1], 'headers': headers,
            'body': body.decode('utf-8', 'replace')}


def log(request, connection):
    with lock, open(os.path.join(folder, 'log'), 'a', encoding='utf-8') as f:
        f.write(json.dumps(dict(request, connection=connection)) + '\n')


def answer(f, step):
    body = step.get('body', '')
    body = (body if isinstance(body, str) else json.dumps(body)).encode()
    fault = step.get('fault')
    if fault == 'slow':
        time.sleep(5)
    if fault == 'garbage':
        f.write(b'\0\1\2 this is no HTTP\r\n\r\n')
        return False
    if fault == 'giant':
        body = b'{"x":"' + b'a' * (64 << 20) + b'"}'
    head = 'HTTP/1.1 %d X\r\nContent-Length: %d\r\n' % (step.get('status', 200), len(body))
    for key, value in step.get('headers', {}).items():
        head += '%s: %s\r\n' % (key, value)
    f.write(head.encode() + b'\r\n')
    f.write(body[:len(body) // 2] if fault == 'close-body' else body)
    f.flush()
    return fault is None


def serve(connection, number):
    try:
        if tls:
            connection = tls.wrap_socket(connection, server_side=True)
        if os.path.exists(os.path.join(folder, 'close-first')):
            return
        f = connection.makefile('rwb')
        while True:
            request = read_request(f)
            if not request:
                return
            log(request, number)
            step = scripted(request['url'].split('/')[1].split('?')[0])
            if step.get('fault') == 'close-after' or not answer(f, step):
                return
    except (OSError, ValueError):
        pass
    finally:
        try:
            connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        connection.close()


listener = socket.socket()
listener.bind(('127.0.0.1', 0))
listener.listen(64)
with open(os.path.join(folder, 'port.new'), 'w', encoding='utf-8') as out:
    out.write(str(listener.getsockname()[1]))
os.rename(os.path.join(folder, 'port.new'), os.path.join(folder, 'port'))
accepted = 0
while True:
    client, _ = listener.accept()
    accepted += 1
    threading.Thread(target=serve, args=(client, accepted), daemon=True).start()
