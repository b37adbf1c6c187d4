"""The site's own certificate authority: it vouches for the api, for as long as it is told."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

API_HOST = "api.internal"
DAY_SECONDS = 86_400.0
_BACKDATED = timedelta(minutes=5)


class Authority:
    """Writes `ca.pem` when made, and `api.pem` (key and certificate) when asked to issue."""

    def __init__(self, folder: Path) -> None:
        self.ca_file, self.api_file = folder / "ca.pem", folder / "api.pem"
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "praetor demo site")])
        builder = _builder(self._name, self._name, self._key.public_key(), 365 * DAY_SECONDS)
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        builder = builder.add_extension(_usage(signs=True), critical=True)
        builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(self._key.public_key()), False)
        certificate = builder.sign(self._key, hashes.SHA256())
        _write(self.ca_file, certificate.public_bytes(serialization.Encoding.PEM))

    def issue(self, valid_seconds: float = DAY_SECONDS) -> None:
        """A new key and certificate of the api, in the place of the old ones."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, API_HOST)])
        builder = _builder(name, self._name, key.public_key(), valid_seconds)
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(API_HOST)]), critical=False)
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        builder = builder.add_extension(_usage(signs=False), critical=True)
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        certificate = builder.add_extension(issuer, critical=False).sign(self._key, hashes.SHA256())
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        _write(self.api_file, private + certificate.public_bytes(serialization.Encoding.PEM))


def expires_at(path: Path) -> datetime:
    return x509.load_pem_x509_certificate(path.read_bytes()).not_valid_after_utc


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, valid_seconds: float
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key)
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(now - _BACKDATED)
    return builder.not_valid_after(now + timedelta(seconds=valid_seconds))


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs,
        crl_sign=signs,
        encipher_only=False,
        decipher_only=False,
    )


def _write(path: Path, content: bytes) -> None:
    partly = path.with_suffix(".new")
    partly.write_bytes(content)
    partly.chmod(0o600)
    os.replace(partly, path)
