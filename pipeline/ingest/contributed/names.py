"""Names of the columns as people write them, in the languages that the tables come in."""

# ruff: noqa: E501 - lists of names
from __future__ import annotations

import re
import unicodedata

from schemas import columns as col

#: Other names of a column, without white space and punctuation. Published names need no entry.
NAMES: dict[col.Column, str] = {
    col.ID: "id name sample sampleid sampleno samplename entry entryid label identifier material key Probe Probenname Probennummer Bezeichnung "
    "échantillon muestra campione amostra образец 样品 样品名 样品名称 样品编号 编号 編号 序号 試料 試料名 試料番号 시료 시료명",
    col.REDUCED_COMPOSITION: "reducedcomposition reducedformula redcomposition redcomp compositionreduced formulaunit reduced "
    "compositionperformulaunit composition chemicalcomposition formula chemicalformula compound nominalcomposition "
    "Summenformel Formel chemischeFormel Zusammensetzung reduzierteZusammensetzung reduzierteFormel formule formulechimique formuleréduite "
    "compositionréduite compositionchimique fórmula fórmulaquímica fórmulareducida composición composiciónquímica composiciónreducida "
    "formulachimica composizione composizioneridotta composição composiçãoreduzida fórmulareduzida состав формула химическаяформула "
    "化学式 组成 化学组成 简化化学式 组分 組成 化学組成 組成式 화학식 조성",
    col.Z: "z formulaunits formulaunitspercell fu zformulaunits numberofformulaunits zvalue znumber cellformulaunitsz Formeleinheiten "
    "ZahlderFormeleinheiten unitésformulaires nombredunitésformulaires unidadesfórmula unitàformula Z值 Z値 晶胞分子数 формульныхединиц",
    col.TRUE_COMPOSITION: "truecomposition truecomp trueformula compositiontrue cellcomposition unitcellcomposition cellcontent "
    "cellcontents unitcellcontent unitcellcontents cellformula unitcellformula fullcomposition compositionpercell "
    "Zellinhalt Elementarzelleninhalt InhaltderElementarzelle Zellzusammensetzung contenudelamaille compositiondelamaille "
    "contenidodelacelda composicióndelacelda contenutodellacella conteúdodacélula составячейки 晶胞组成 晶胞内容 晶胞化学式 单胞组成 "
    "単位胞組成 単位格子組成 단위셀조성 단위격자조성",
    col.IONIC_CONDUCTIVITY: "ionicconductivity conductivity ionicconductivityrt rtionicconductivity rtconductivity conductivityrt "
    "liionconductivity liconductivity ionconductivity sigma sigmart sigmaion sigmali sigmai lithiumionconductivity "
    "roomtemperatureconductivity roomtemperatureionicconductivity ic "
    "Leitfähigkeit Ionenleitfähigkeit ionischeLeitfähigkeit Lithiumionenleitfähigkeit conductivitéionique conductivité conductividadiónica "
    "conductividad conducibilitàionica conduttivitàionica conduttività conducibilità condutividadeiônica condutividadeiónica condutividade "
    "ионнаяпроводимость проводимость 离子电导率 电导率 锂离子电导率 室温离子电导率 室温电导率 離子電導率 導電率 イオン伝導率 イオン伝導度 "
    "イオン導電率 リチウムイオン伝導率 리튬이온전도도 이온전도도 전도도",
    col.IC_TOTAL: "ictotal totalic totalconductivity sigmatotal sigmatot totalionicconductivity ionicconductivitytotal conductivitytotal "
    "Gesamtleitfähigkeit conductivitétotale conductividadtotal 总电导率 全伝導率",
    col.IC_BULK: "icbulk bulkic bulkconductivity sigmabulk sigmab bulkionicconductivity ionicconductivitybulk conductivitybulk "
    "Volumenleitfähigkeit Kornleitfähigkeit 体电导率 晶粒电导率 バルク伝導率",
    col.SPACE_GROUP: "spacegroup spacegroupsymbol sgsymbol spgsymbol hmsymbol hermannmauguin hermannmauguinsymbol symmetry "
    "spacegroupname spacegrouphm Raumgruppe Raumgruppensymbol groupedespace groupespatial grupoespacial grupodeespaço grupodeespacio "
    "gruppospaziale пространственнаягруппа 空间群 空間群 空间群符号 空間群記号 공간군 공간군기호",
    col.SPACE_GROUP_NUMBER: "spacegroup# spacegroupnumber spacegroupno spacegroupnr spacegroupnum sg# sgnumber sgno sgnr spg# spgnumber "
    "spgno itnumber itno spacegroupitnumber spacegroupittables inttablesnumber sg spg #spacegroup Raumgruppennummer Raumgruppenr "
    "Raumgruppe# Nummerderraumgruppe numérodugroupedespace nogroupedespace ndugroupedespace groupedespaceno groupedespacen númerodegrupoespacial "
    "grupoespacialno grupoespacialnúmero numerodelgruppospaziale gruppospazialeno номерпространственнойгруппы 空间群号 空间群编号 空间群序号 "
    "空間群番号 空間群号 공간군번호",
    **{
        column: f"{x} unitcell{x} lattice{x} latticeparameter{x} latticeconstant{x} cell{x} celllength{x} {x}cell {x}o {x}0 lat{x} length{x} {x}parameter {x}axis "
        f"Gitterkonstante{x} Gitterparameter{x} Zellparameter{x} paramètre{x} paramètredemaille{x} parámetrodered{x} parámetro{x} parametro{x} "
        f"晶格常数{x} 晶格参数{x} 晶胞参数{x} 格子定数{x} {x}轴 {x}軸 격자상수{x}"
        for column, x in ((col.A, "a"), (col.B, "b"), (col.C, "c"))
    },
    **{
        column: f"{x} {short} angle{x} cell{x} cellangle{x} lattice{x} Winkel{x} Zellwinkel{x} ángulo{x} 角{x} {x}角"
        for column, x, short in ((col.ALPHA, "alpha", "alfa al"), (col.BETA, "beta", "be"), (col.GAMMA, "gamma", "gama ga"))
    },
    col.FAMILY: "family structuralfamily structurefamily structuretype class Strukturtyp Strukturfamilie familia famille 结构类型 構造型",
    col.DOI: "doi reference paper publication doilink doiurl paperdoi source literature citation conductivitydoi doiconductivity sigmadoi paperlink "
    "Quelle Literatur Literaturstelle Publikation référence publicación referencia riferimento referência ссылка 文献 论文 論文 参考文献 참고문헌",
    col.NOTE: "note notes comment comments remark remarks Bemerkung Bemerkungen Kommentar Anmerkung remarque commentaire nota notas observación "
    "observaciones osservazioni примечание 备注 说明 備考 비고",
    col.ICSD_ID: "icsdid icsd icsdcode icsdnumber icsdno icsd# icsdcollectioncode",
    col.CLOSE_MATCH: "closematch",
    col.CLOSE_MATCH_DOI: "closematchdoi",
    col.CIF_ID: "cifid",
    col.TEMPERATURE: "temperature temp t tmeas measurementtemperature measuringtemperature temperatureofmeasurement measuredat testtemperature "
    "conductivitytemperature sigmatemperature tsigma temperatureconductivity Temperatur Messtemperatur température températuredemesure "
    "temperatura temperaturademedida temperaturadimisura temperaturademedición температура температураизмерения 温度 测试温度 测量温度 测定温度 "
    "測定温度 溫度 온도 측정온도",
}  # fmt: skip

#: Names that mean a column only when no other heading does: beside a composition, a compound is a name (LGPS).
_WEAK_NAMES = (
    "name samplename material compound label key class symmetry reference paper publication source literature citation Quelle Literatur "
    "Literaturstelle Publikation référence publicación referencia riferimento referência ссылка 文献 论文 論文 参考文献 참고문헌 编号 序号 编号 paperlink"
)


def key(text: str) -> str:
    """A heading without white space, punctuation, accents and letter case; letters of any script stay."""
    return re.sub(r"[^\w#]|_|[\u0300-\u036f]", "", unicodedata.normalize("NFKD", text.casefold().replace("№", "no")))


WEAK = frozenset(key(name) for name in _WEAK_NAMES.split())
LOOKUP: dict[str, col.Column] = {key(column): column for column in col.WORKBOOK}
for _column, _names in NAMES.items():
    for _name in _names.split():
        LOOKUP.setdefault(key(_name), _column)
