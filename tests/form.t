#!/bin/sh
# SPDX-License-Identifier: MIT
# Multipart posts that python-multipart tests itself with, read as forms: the fields, file
# names, types and bytes must be what its .yaml beside each post says, and what it refuses we
# must refuse. The digest of a file is BLAKE2b, taken here by Python.
. "$(dirname "$0")/lib.sh"

D=$CRM_TEST_DATA/channels/web/form-multipart/Kludex+python-multipart
need "form-multipart in $CRM_TEST_DATA" [ -d "$D" ]
need python3 python3 --version
need jq jq --version

cat >want.py <<'PY'
# want.py YAML: the boundary, then what is expected as our JSON, or "refused".
import base64, hashlib, json, re, sys
boundary, fields, refused = '', [], False
for line in open(sys.argv[1], encoding='utf-8'):
    key, _, value = line.strip().lstrip('- ').partition(':')
    value = value.strip().strip('\'"')
    if key == 'boundary': boundary = value
    elif key == 'error': refused = True
    elif key == 'name': fields.append({'name': value, 'data': ''})
    elif key in ('type', 'file_name', 'content_type'): fields[-1][key] = value
    elif fields and re.fullmatch('[A-Za-z0-9+/=]+', line.strip()): fields[-1]['data'] += line.strip()
out = {}
for f in fields:
    data = base64.b64decode(f['data'])
    out[f['name']] = data.decode() if f['type'] == 'field' else {
        'name': f['file_name'], 'type': f['content_type'], 'size': len(data),
        'digest': hashlib.blake2b(data, digest_size=16).hexdigest()}
print(boundary)
print('refused' if refused else json.dumps(out))
PY

for yaml in "$D"/*.yaml; do
	name=$(basename "$yaml" .yaml)
	python3 want.py "$yaml" >want
	boundary=$(sed -n 1p want)
	case $name in
	# Its .yaml names the boundary with two hyphens too many: that one is not in the post, and
	# we say so. With the right one the post is what it should be.
	single_field_blocks) boundary=boundary ;;
	esac
	{
		printf 'Content-Type: multipart/form-data; boundary="%s"\r\n\r\n' "$boundary"
		cat "${yaml%.yaml}.http"
	} >post
	"$BUILD/tools/syntax-json" form post >got
	is "$name" "$(jq -cS 'if has("@bad") then "refused" else . end' got)" \
		"$(sed -n 2p want | sed 's/^refused$/"refused"/' | jq -cS .)"
done
finish
