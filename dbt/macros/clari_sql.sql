{# A list of text literals, as in `x in (…)`. #}
{% macro clari_literals(values) %}
    {%- for value in values -%}
        {{ dbt.string_literal(dbt.escape_single_quotes(value)) }}{{ ', ' if not loop.last }}
    {%- endfor -%}
{% endmacro %}


{# numerator / denominator; null, not an error, where there is nothing to divide by. #}
{% macro clari_ratio(numerator, denominator) %}
    {%- set double = adapter.dispatch('clari_double', 'clari')() -%}
    cast({{ numerator }} as {{ double }}) / nullif(cast({{ denominator }} as {{ double }}), 0)
{%- endmacro %}

{% macro default__clari_double() -%} {{ dbt.type_float() }} {%- endmacro %}

{# A float is a single there. #}
{% macro duckdb__clari_double() -%} double {%- endmacro %}


{# `manager`, `rep` or null, from a scope id: JSON inside a string, or the older `1905::MGR`. #}
{% macro clari_owner_type(scope_id) %}
    case
        when replace({{ scope_id }}, ' ', '') like '%"userType":"MGR"%' or {{ scope_id }} like '%::MGR' then 'manager'
        when replace({{ scope_id }}, ' ', '') like '%"userType":"REP"%' or {{ scope_id }} like '%::REP' then 'rep'
    end
{%- endmacro %}


{# PostgreSQL counts a new table's rows later, by itself; until then it plans joins for a table that it thinks is small. #}
{% macro clari_analyze(relation) %}
    {%- if target.type == 'postgres' and model.config.materialized == 'table' -%} analyze {{ relation }} {%- endif -%}
{% endmacro %}


{# Whether an entry counts: Clari still has it, or its owner left and their own last export had it. #}
{% macro clari_is_known(entries, owners) -%}
    (
        {{ entries }}.is_in_latest_export
        or ({{ entries }}.is_in_owners_latest_export and not {{ owners }}.is_in_latest_export)
    )
{%- endmacro %}


{# Whether two currencies are the same. Counts have none. #}
{% macro clari_same_currency(one, other) -%}
    coalesce({{ one }}, '') = coalesce({{ other }}, '')
{%- endmacro %}


{# Whether a group's amounts have one currency. Several have no sum. #}
{% macro clari_one_currency(currency) -%}
    min(coalesce({{ currency }}, '')) = max(coalesce({{ currency }}, ''))
{%- endmacro %}


{# The day of a moment, where the organization is. #}
{% macro clari_day(moment) -%}
    cast({{ dbt.dateadd('hour', var('clari_utc_offset_hours', 0), moment) }} as date)
{%- endmacro %}
