from django.apps import apps

from dsr.privacy import FIELDS, PrivacyClass, of_class

OURS = ("dsr", "verification", "notifications")


def stored() -> dict[str, str]:
    models = [model for model in apps.get_models() if model._meta.app_label in OURS]
    return {
        f"{model._meta.app_label}.{model.__name__}.{field.name}": type(field).__name__
        for model in models
        for field in model._meta.concrete_fields
    }


def test_every_stored_field_has_a_privacy_class():
    assert sorted(stored()) == sorted(FIELDS)


def test_every_sealed_column_is_classed_as_sealed_and_nothing_else_is():
    sealed = {name for name in stored() if name.endswith("_sealed")}

    assert sealed == set(of_class(PrivacyClass.SEALED))


def test_every_fingerprint_is_classed_as_a_pseudonym():
    fingerprints = {name for name in stored() if name.endswith("_fingerprint")}

    assert fingerprints <= set(of_class(PrivacyClass.PSEUDONYM))
