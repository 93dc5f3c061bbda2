{{ config(materialized='table') }}

-- Everybody in the scope of a forecast and quarter, and whoever only the entries name.
with named as (
    {% if not var('clari_parts_from_entries') -%}
    select
        {{ clari.clari_text('forecastId') }} as forecast_id,
        {{ clari.clari_text('timePeriod') }} as time_period,
        {{ clari.clari_text('userId') }} as owner_id,
        {{ clari.clari_text('name') }} as owner_name,
        {{ clari.clari_text('email') }} as owner_email,
        {{ clari.clari_text('crmId') }} as owner_crm_id,
        {{ clari.clari_text('scopeId') }} as scope_id,
        {{ clari.clari_text('hierarchyId') }} as hierarchy_id,
        {{ clari.clari_text('hierarchyName') }} as hierarchy_name,
        {{ clari.clari_text('parentHierarchyId') }} as parent_hierarchy_id,
        {{ clari.clari_text('parentHierarchyName') }} as parent_hierarchy_name,
        {{ clari.clari_timestamp('exportedAt') }} as exported_at,
        1 as preference
    from {{ source('clari', 'forecast_users') }}

    union all

    {% endif -%}
    select
        forecast_id,
        time_period,
        owner_id,
        owner_name,
        owner_email,
        owner_crm_id,
        scope_id,
        hierarchy_id,
        hierarchy_name,
        parent_hierarchy_id,
        parent_hierarchy_name,
        exported_at,
        2 as preference
    from {{ ref('base_clari__forecast_entries') }}
),

ranked as (
    select
        *,
        row_number() over (
            partition by forecast_id, time_period, owner_id
            order by exported_at desc, preference
        ) as newest,
        max(exported_at) over (partition by forecast_id, time_period) as newest_export_at
    from named
)

select
    forecast_id,
    time_period,
    owner_id,
    owner_name,
    owner_email,
    owner_crm_id,
    coalesce(owner_crm_id, lower(owner_email), owner_id) as person_id,
    scope_id,
    {{ clari.clari_owner_type('scope_id') }} as owner_type,
    hierarchy_id,
    hierarchy_name,
    parent_hierarchy_id,
    parent_hierarchy_name,
    exported_at,
    exported_at = newest_export_at as is_in_latest_export
from ranked
where newest = 1
