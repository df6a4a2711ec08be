#!/bin/sh
# Makes an authority and a certificate for each side of a link through stunnel, with openssl (1.1.1 or later) and nothing else.
# `edgerq certs` makes the same, and can add more to the same folder. Overwrites nothing.
set -eu
umask 077

AUTHORITY_DAYS=3650
DAYS=397 # to be renewed once a year, with a month to spare

complain() {
  printf 'make-certificates.sh: %s\n' "$1" >&2
  exit "$2"
}

if [ "$#" -ne 3 ]; then
  complain 'usage: make-certificates.sh FOLDER CONSUMER PROVIDER, where the last two are names or addresses such as server.example.org' 2
fi
folder=$1

# As openssl wants them: DNS:name or IP:address. Anything else could say more in its configuration than a name.
alternative_name() {
  case $1 in
    '' | -* | *[!A-Za-z0-9.:-]*) complain "\"$1\" is no name of a host, and no address" 2 ;;
    *:*) printf 'IP:%s' "$1" ;;
    *[!0-9.]*) printf 'DNS:%s' "$1" ;;
    *) printf 'IP:%s' "$1" ;;
  esac
}
consumer=$(alternative_name "$2")
provider=$(alternative_name "$3")

for name in ca consumer provider; do
  for file in "$folder/$name.key" "$folder/$name.pem"; do
    if [ -e "$file" ]; then complain "$file is there already and was not touched; choose another folder" 1; fi
  done
done
mkdir -p "$folder"

# Everything is made in here first: a run that fails leaves nothing behind.
work=$(mktemp -d "$folder/.making.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

cat >"$work/openssl.cnf" <<END
[req]
prompt = no
distinguished_name = name
[name]
[authority]
basicConstraints = critical, CA:TRUE, pathlen:0
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[consumer]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = $consumer
[provider]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = clientAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = $provider
END

# What openssl tells of its progress is shown only if it fails.
quietly() {
  "$@" 2>"$work/said" || {
    cat "$work/said" >&2
    complain 'openssl failed; nothing was made' 1
  }
}

new_key() {
  quietly openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -pkeyopt ec_param_enc:named_curve -out "$work/$1.key"
  chmod 0400 "$work/$1.key"
}

# Certificates of one authority must differ in their numbers, and nobody keeps count here: 128 bits at random.
serial() {
  printf '0x%s' "$(openssl rand -hex 16)"
}

make_authority() {
  new_key ca
  quietly openssl req -x509 -new -sha256 -key "$work/ca.key" -subj '/CN=edgerq authority' -config "$work/openssl.cnf" \
    -extensions authority -days "$AUTHORITY_DAYS" -set_serial "$(serial)" -out "$work/ca.pem"
}

make_certificate() {
  new_key "$1"
  quietly openssl req -new -key "$work/$1.key" -subj "/CN=$1" -config "$work/openssl.cnf" -out "$work/$1.csr"
  quietly openssl x509 -req -sha256 -in "$work/$1.csr" -CA "$work/ca.pem" -CAkey "$work/ca.key" \
    -set_serial "$(serial)" -days "$DAYS" -extfile "$work/openssl.cnf" -extensions "$1" -out "$work/$1.pem"
}

make_authority
make_certificate consumer
make_certificate provider
for name in ca consumer provider; do
  chmod 0644 "$work/$name.pem"
  # A link, unlike mv, never takes the place of a file that has come in between.
  ln "$work/$name.key" "$work/$name.pem" "$folder/"
done

cat <<END
In $folder, for a year:
  consumer.pem, consumer.key   to the consumer's machine, with ca.pem
  provider.pem, provider.key   to the provider's machine, with ca.pem
  ca.key                       to neither: whoever has it can make certificates that both believe
END
