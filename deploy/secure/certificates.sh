#!/bin/sh
# Make a certificate authority, a certificate for the brokers and one for each client, in PEM.
#
#   deploy/secure/certificates.sh FOLDER
#   BROKERS="kafka-1 kafka-2 localhost" CLIENTS="admin worker" DAYS=30 deploy/secure/certificates.sh FOLDER
#
# FOLDER gets ca.pem and ca.key, broker.pem (key and certificate, valid for every name of BROKERS), and NAME.pem and
# NAME.key for each of CLIENTS, whose name is the common name, thus its user in Kafka. What is there is kept. For a
# cluster of one's own on one machine and for tests: a company has an authority already.
set -eu
umask 077
folder=${1:?"the folder the certificates go to is missing"}
brokers=${BROKERS:-localhost}
clients=${CLIENTS:-admin worker producer reader}
days=${DAYS:-365}
mkdir -p "$folder"
cd "$folder"

key() { openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1" 2>/dev/null; }

# NAME PURPOSE [ALTERNATIVE-NAMES]: a key and a certificate that the authority has signed
signed() {
  key "$1.key"
  {
    echo "basicConstraints=critical,CA:false"
    echo "keyUsage=critical,digitalSignature"
    echo "extendedKeyUsage=$2"
    echo "subjectKeyIdentifier=hash"
    echo "authorityKeyIdentifier=keyid"
    [ -z "${3:-}" ] || echo "subjectAltName=$3"
  } >extensions
  openssl req -new -key "$1.key" -subj "/CN=$1" |
    openssl x509 -req -CA ca.pem -CAkey ca.key -CAcreateserial -days "$days" -extfile extensions -out "$1.pem" 2>/dev/null
  rm extensions
}

if [ ! -e ca.pem ]; then
  key ca.key
  openssl req -x509 -new -key ca.key -subj "/CN=streams test authority" -days "$days" -out ca.pem \
    -addext "keyUsage=critical,keyCertSign,cRLSign"
fi
if [ ! -e broker.pem ]; then
  names=IP:127.0.0.1
  for name in $brokers; do names="$names,DNS:$name"; done
  signed broker serverAuth,clientAuth "$names"
  cat broker.key >>broker.pem
  rm broker.key
fi
for client in $clients; do
  [ -e "$client.pem" ] || signed "$client" clientAuth
done
