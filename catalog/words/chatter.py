"""The words of a chat that name no product, folded, in Spanish, English and Portuguese."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

_LINKS = """
a al con da das de del do dos e el em en for in la las los o of os para pa per por the to um uma un
una with y
"""
LINK_WORDS = frozenset(_LINKS.split())
"""Words that join others inside a name: `cable de carga`, `caixa de som`."""

_CONTAINERS = """
caja cajas cajita paquete paquetes bolsa bolsas bolsita litro litros kilo kilos libra libras docena
docenas botella botellas lata latas tarro tarros frasco frascos pote potes sobre sobres bulto bultos
saco sacos par pares rollo rollos galon galones barra pack set kit juego metro metros onza onzas
porcion porciones caneca racimo atado bandeja box bag bottle dozen pacote garrafa caixa
"""
CONTAINER_WORDS = frozenset(_CONTAINERS.split())
"""Before a "de" they say how much of a thing: `caja de leche`, `docena de huevos`."""

_SPANISH = """
hola holi buenas buenos buen buena bueno dia dias tarde tardes noche noches saludos saludo hey oye
oiga disculpa disculpe perdon perdona permiso porfa porfavor favor gracias muchas mil amable
amables ok okay okey vale dale listo claro bien si no tal vez quizas pues entonces ahora hoy manana
ayer luego despues quiero quisiera quisieramos queria quieren quiere necesito necesitaba necesita
necesitamos busco buscando busca buscamos estoy estaba estamos esta estan este esto estos estas ese
esa eso esos esas aquel aquella tienes tiene tienen tenes tendra tendran tendras tendria tenga
tengan tengo tenemos teneis hay habra vende venden vendes venderan vendian manejan maneja manejas
trabajan trabaja ofrecen ofrece consigo consigue conseguir comprar compro comprare compraria llevar
llevo llevaria cuesta cuestan costo costos costaria sale salen valor valen precio precios cuanto
cuanta cuantos cuantas cual cuales que como donde cuando quien porque por cotizar cotizacion
cotizame presupuesto info informacion informarme saber conocer ver mirar mostrar muestra muestrame
muestreme mandame mande manda enviame envia envie pasame pasa dame deme dar das da puedes puede
pueden podria podrian puedo podemos podes me te se le les nos lo mi mis tu tus su sus yo usted
ustedes vos ellos ella el nosotros uno unos unas algun alguna algunos algunas algo ningun ninguna
nada todo toda todos todas otro otra otros otras mas menos muy mucho mucha muchos poco tambien
tampoco solo solamente ya aun todavia sin sobre entre hasta desde segun hacia ante bajo durante es
son era eran ser sea sean fue siendo soy somos estar haber he ha han hago hace hacen hacer sirve
sirven servir sirva usa usar uso usas quede quedan queda quedo disponible disponibles
disponibilidad stock existencia existencias tipo tipos clase clases modelo modelos marca marcas
producto productos articulo articulos cosa cosas opcion opciones recomienda recomiendan recomendar
recomiendas recomiendame recomendas sugieren sugieres ayuda ayudar ayudame ayudas ayudan gustaria
gusta gustan interesa interesado interesada interesaria barato barata baratos baratas baratito
baratita economico economica economicos economicas mejor mejores bonito bonita bonitos bonitas
lindo linda lindos lindas calidad oferta ofertas promocion promociones descuento descuentos rebaja
rebajas favorito par regalar estudiar trabajar jefe amigo amiga hermano hermana senorita joven
vecino vecina casero casera catalogo lista tienda local sede hora horas horario horarios abren abre
abierto abiertos abrir cierran cierra cerrado domingo domingos lunes martes miercoles jueves
viernes sabado sabados feriado festivo festivos envio envios enviar envian despacho despachos
domicilio domicilios entrega entregas entregan llega llegan pago pagos pagar tarjeta efectivo
transferencia cuotas credito contraentrega garantia garantias devolucion devoluciones devolver
cambio cambios factura direccion ubicados ubicacion ubicado vaya van voy ir va vamos viene vienen q
k xq pq x d tb tmb pls plis xfa xfis bn aca ahi alla aqui alli che parce parcero bro man mano hno
wey compadre veci cordial aceptan acepta aceptas reciben recibe recibes nequi daviplata cuentan
cuenta cuentas hijo hija hijos hijas novio novia esposo esposa mama senora urgente rapido favorcito
holaa wenas wena ola oie pasan pasas pasen pasarme mandan mandas mandarme avisen avisame hablar
habla hablo asesor asesora persona vendedor vendedora encargado gerente humano alguien queja
reclamo reclamar problema problemas anoche mes meses semana semanas ano anos minuto minutos momento
rato veces igual asi mismo misma mismos mismas cada varios varias cualquier cualquiera demas ademas
incluye incluyen trae fuera seria serian gracia grax graciass thx feliz excelente perfecto genial
chevere bacano buenisimo super jaja jajaja jeje cancelar cancelo anular comprobante recibo boleta
numero saldo saldos surtido entiendo entendido igualmente adios chao chau bye atento atenta
pendiente confirmar confirmo color unidad unidades posible mostrarme ensename enseneme urge caro
cara caros caras costoso costosa costosos costosas atienden atiende ubicada encuentro encuentra
encuentran encontrar regalarle regalarselo dicen dime digame decirme dices saben sabes conoces
conocen queremos pregunta preguntar consulta consultar duda dudas cotizo interesan cerca lejos
ciudad barrio domiciliario separar reservar apartar pido pedir pedido pedidos compra compras
comprado sirvo traen traigo quisieras contra variedad combo combos venta ventas diseno disenos foto
fotos imagen imagenes colores presentacion presentaciones tamano tamanos gama coleccion estilo
estilos lote lotes muestras surtidos regalame regaleme vecinita amorcito reina mija mijo profe
gracis listas tranqui pillo quisieran deseo deseaba desearia requiero requerimos ocupo andamos ando
urgencia porfavorcito compre compraron pague pedi recibi devolverlo devuelvo devuelven devuelva
cambiarlo cambiarla vendi
"""

_ENGLISH = """
hi hello hey good morning afternoon evening night thanks thank you your please pls do does did is
are was be been being am have has had got get can could would will shall should may might i we they
he she it this that these those there here what which who when where why how much many any some all
none not no yes want wanted wants need needs needed looking look search searching find show me my
us our sell sells selling buy buying purchase price prices priced cost costs cheap cheapest cheaper
best better nice available availability stock like about from at on by as an and or if so than then
too also just only more less most very really something anything someone recommend suggestion help
sir madam open opening hours close closing delivery shipping ship payment pay return returns store
shop accept son daughter wife husband girlfriend boyfriend
"""

_PORTUGUESE = """
bem oi ola bom boa tarde noite obrigado obrigada por favor voce voces tem tens temos quero queria
gostaria preciso procuro procurando estou busco vende vendem quanto quantos custa custam preco
precos qual quais como onde quando quem que isso isto esse essa esses essas este esta estes estas
aquele aquela meu minha seu sua nosso nossa eu ele ela eles elas nos mais menos muito muita muitos
muitas pouco barato barata baratos baratas melhor melhores disponivel disponiveis comprar ver saber
nao sim ou se ja so ate sem sobre entre desde algum alguma alguns algumas nenhum nada tudo todo
toda todos todas outro outra um uma uns umas ao aos na no nas pelo pela pro pra numa num ta tao
voceis entrega frete pagamento horario aberto fecha loja filho filha esposa marido namorada
namorado aceita aceitam
"""

STOP_WORDS = LINK_WORDS | frozenset((_SPANISH + _ENGLISH + _PORTUGUESE).split())
"""Left out of every query. "max" is not among them: it belongs to names of models."""

_CHEAP = """
barato barata baratos baratas baratito baratita economico economica economicos economicas cheap
cheapest cheaper
"""
CHEAP_WORDS = frozenset(_CHEAP.split())
"""Asked with one of these, the cheapest of equally fitting products comes first."""


_SHOP = (
    r"(?:hacen|hace|tienen|con|el|costo de|valor del?) (?:envios?|domicilios?|despachos?)",
    r"(?:envian?|enviar(?:lo)?|mandan|despachan|entregan|llegan) (?:a|hasta|en)",
    r"(?:domicilios?|envios?) (?:a|hasta|en)",
    r"(?:formas?|medios?|metodos?) de pag(?:o|amento)|pag(?:o|ar|arles) (?:con|en|por|contra)",
    r"(?:aceptan?|reciben?|aceitam?) (?:\w+ )?(?:tarjetas?|cartao|efectivo|transferencias?)",
    r"(?:aceptan?|reciben?|aceitam?) (?:nequi|yape|plin|pix|paypal)",
    r"numero de (?:cuenta|guia|pedido|telefono|celular)|tarjetas? de (?:credito|debito)",
    r"que horas?|hora de|horarios?|(?:donde|onde) (?:estan?|quedan?|ficam?|los|se)",
    r"quien (?:es|fue|gano|invento|descubrio)|capital de|que dia es",
    r"(?:escrib|redact|traduc|resuelv)\w*|(?:cuentame|dime|hazme) un",
    r"(?:ignor|olvid)\w+ (?:tus|las|sus|todas)|feliz (?:navidad|dia|ano|tarde|noche)",
    r"(?:credit|debit) cards?|how long|where are you",
)
_TROUBLE = (
    r"(?:quej|reclam|cobraron|alquil|arriend|reparan?\b|reparaci)\w*|me cobr\w+",
    r"(?:clases?|cursos?|recetas?) (?:de|para|con)|how to (?:cook|make)",
    r"(?:llego|llegaron|vino|salio|esta|estaba) (?:\w+ )?(?:danad|rot[oa]|mal[oa]?\b|defect)",
    r"(?:mi|devuelvan(?: mi)?|reembolso de) (?:plata|dinero)",
    r"no (?:me )?(?:ha )?(?:llegado|llega|llego|funciona|sirve|prende|contestan|responden)",
    r"me (?:estafaron|robaron|enganaron)|(?:son|eres|es) un[oa]?s? (?:ladron|estafa|bot|robot)",
)
_ABOUT_THE_SHOP = re.compile(rf"\b(?:{'|'.join(_SHOP)})")
_ABOUT_TROUBLE = re.compile(rf"\b(?:{'|'.join(_TROUBLE)})")
_ORDER = re.compile(
    r"\b(?:mi|mis|su|el|un|este|meu|my) (?:pedidos?|paquete|orden|compra|order|package)\b"
)
_IN_ORDER_TALK = re.compile(
    r"\b(?:donde|cuando|lleg\w+|estado|cancel\w*|anul\w*|rastre\w*|demor\w*|salio|falt\w*|aun"
    r"|todavia|numero|confirm\w*|cambiar|incomplet\w*|equivocad\w*|where|when|track|arrived?|cade)\b"
)
"""Said beside an order, these speak of one that was made; without them it is being made."""
_SHOPPING = re.compile(
    r"\b(?:tienen?s?|tenes|vende[ns]?|busc[oa]\w*|maneja[ns]?|hay|comprar|sell|have|tem|vendem)\b"
)


def talk(found: Sequence[str]) -> Literal["", "shop", "trouble"]:
    """What words speak of beside products, or instead of them.

    Returns:
        "trouble": of an order, a fault or money back, and of nothing to buy; "shop": of delivery,
        payment, hours or the world at large, so that something is wanted only if an article is.
    """
    said = " ".join(found).replace("ñ", "n")
    is_order_made = _ORDER.search(said) and _IN_ORDER_TALK.search(said)
    if is_order_made or _ABOUT_TROUBLE.search(said):
        return "shop" if _SHOPPING.search(said) else "trouble"
    return "shop" if _ABOUT_THE_SHOP.search(said) else ""
