{{ config(materialized='table') }}

-- The fields (columns) of a forecast in a quarter, and those that only the entries name.
with named as (
    {% if not var('clari_parts_from_entries') -%}
    select
        {{ clari.clari_text('forecastId') }} as forecast_id,
        {{ clari.clari_text('timePeriod') }} as time_period,
        {{ clari.clari_text('fieldId') }} as field_id,
        {{ clari.clari_text('fieldName') }} as field_name,
        {{ clari.clari_text('fieldType') }} as field_type,
        {{ clari.clari_timestamp('exportedAt') }} as exported_at,
        1 as preference
    from {{ source('clari', 'forecast_fields') }}

    union all

    {% endif -%}
    select
        forecast_id,
        time_period,
        field_id,
        field_name,
        field_type,
        exported_at,
        2 as preference
    from {{ ref('base_clari__forecast_entries') }}
),

ranked as (
    select
        *,
        row_number() over (
            partition by forecast_id, time_period, field_id
            order by exported_at desc, preference
        ) as newest,
        max(exported_at) over (partition by forecast_id, time_period) as newest_export_at
    from named
)

select
    forecast_id,
    time_period,
    field_id,
    field_name,
    field_type,
    exported_at,
    exported_at = newest_export_at as is_in_latest_export
from ranked
where newest = 1
