"""The vault's table as Django knows it; it is made by the next migration."""

from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Person",
            fields=[
                ("pk", models.CompositePrimaryKey("batch", "token", blank=True, editable=False, primary_key=True, serialize=False)),
                ("batch", models.BigIntegerField()),
                ("token", models.BigIntegerField()),
                ("about", models.SmallIntegerField()),
                ("key_version", models.SmallIntegerField()),
                ("sealed", models.BinaryField()),
                ("name_index", models.BigIntegerField(null=True)),
                ("id_no_index", models.BigIntegerField(null=True)),
                ("phone_index", models.BigIntegerField(null=True)),
                ("bank_card_index", models.BigIntegerField(null=True)),
            ],
            options={
                "db_table": "privacy_person",
                "managed": False,
            },
        ),
    ]
