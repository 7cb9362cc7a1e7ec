#!/bin/sh
# Make what the brokers and each user of secure.yml need: certificates, passwords, each in a folder that only they mount.
set -eu
sh /certificates.sh /tmp/keys
for user in operator worker reader alerts; do
  [ -e "/secrets/$user/password" ] || openssl rand -hex 24 >"/secrets/$user/password"
  [ -e "/secrets/$user/ca.pem" ] || cp /tmp/keys/ca.pem "/secrets/$user/"
  chown -R 10001 "/secrets/$user"
done
[ -e /secrets/broker/broker.pem ] || cp /tmp/keys/ca.pem /tmp/keys/broker.pem /secrets/broker/
{
  echo "KafkaServer {"
  echo "  org.apache.kafka.common.security.plain.PlainLoginModule required"
  for user in operator worker reader alerts; do echo "  user_$user=\"$(cat "/secrets/$user/password")\""; done
  echo "  ;"
  echo "};"
} >/secrets/broker/jaas.conf
chown -R 1000 /secrets/broker
